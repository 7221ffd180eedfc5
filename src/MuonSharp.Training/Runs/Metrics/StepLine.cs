using System.Text.Json;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A training step: kind <c>step</c>.</summary>
/// <remarks>All but the three times are the same in every run of the same configuration.</remarks>
internal readonly struct StepLine : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "step";

    /// <inheritdoc/>
    public required long Step { get; init; }

    /// <summary>Tokens seen since the run began.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean training loss of the step, in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Learning rate by parameter group.</summary>
    public required IReadOnlyList<GroupLearningRate> LearningRates { get; init; }

    /// <summary>Global norm of the raw gradients, before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Root mean square of what the step changed in the weights.</summary>
    public required double UpdateRms { get; init; }

    /// <summary>Milliseconds of the whole step.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>Milliseconds of the optimizer's part.</summary>
    public required double OptimizerMilliseconds { get; init; }

    /// <summary>Tokens per second of this step.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The largest attention logit of all heads; null if it was not measured.</summary>
    public double? MaximumLogit { get; init; }

    /// <summary>Heads that QK-clip scaled down.</summary>
    public int ClippedHeads { get; init; }

    /// <summary>What was measured of each head, layer by layer.</summary>
    public required IReadOnlyList<HeadClip> Heads { get; init; }

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteNumber("tokens"u8, Tokens);
        json.WriteFinite("loss"u8, Loss);
        json.WriteStartObject("lr"u8);
        for (int i = 0; i < LearningRates.Count; i++)
        {
            json.WriteNumber(LearningRates[i].Group, LearningRates[i].Value);
        }

        json.WriteEndObject();
        json.WriteFinite("grad_norm"u8, GradientNorm);
        json.WriteFinite("update_rms"u8, UpdateRms);
        json.WriteFinite("step_ms"u8, StepMilliseconds);
        json.WriteFinite("optimizer_ms"u8, OptimizerMilliseconds);
        json.WriteFinite("tokens_per_second"u8, TokensPerSecond);
        json.WriteFinite("max_logit"u8, MaximumLogit ?? double.NaN);
        json.WriteNumber("clipped_heads"u8, ClippedHeads);
        json.WriteHeads(Heads);
    }
}
