using System.Text.Json;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>One line of <c>metrics.jsonl</c>; implemented by structs, so that writing one allocates nothing.</summary>
internal interface IMetricsLine
{
    /// <summary>The value of <c>kind</c>, the first key of every line.</summary>
    string Kind { get; }

    /// <summary>How many steps had been done.</summary>
    long Step { get; }

    /// <summary>Writes the keys that follow <c>kind</c> and <c>step</c>, in a fixed order.</summary>
    /// <param name="json">Inside the line's object.</param>
    void WriteRest(Utf8JsonWriter json);
}

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

/// <summary>An evaluation on held-out data: kind <c>eval</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Loss">Mean loss on the validation split, in nats per token.</param>
/// <param name="BitsPerByte">The same in bits per byte of text.</param>
internal readonly record struct EvaluationLine(long Step, double Loss, double BitsPerByte) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "eval";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteFinite("val_loss"u8, Loss);
        json.WriteFinite("bits_per_byte"u8, BitsPerByte);
    }
}

/// <summary>Text that the model wrote: kind <c>sample</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Prompt">What it was given.</param>
/// <param name="Text">What it wrote.</param>
internal readonly record struct SampleLine(long Step, string Prompt, string Text) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "sample";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("prompt"u8, Prompt);
        json.WriteString("text"u8, Text);
    }
}

/// <summary>A checkpoint: kind <c>checkpoint</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Name">The checkpoint's folder, relative to the run folder.</param>
internal readonly record struct CheckpointLine(long Step, string Name) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "checkpoint";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json) => json.WriteString("path"u8, Name);
}

/// <summary>A step that changed nothing because a gradient was not finite: kind <c>skipped</c>.</summary>
/// <param name="Step">How many steps had been done, this one counted.</param>
/// <param name="Parameter">The first parameter whose gradient held a NaN or an infinity.</param>
/// <param name="InARow">How many steps in a row have been skipped.</param>
internal readonly record struct SkippedLine(long Step, string Parameter, int InARow) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "skipped";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("parameter"u8, Parameter);
        json.WriteNumber("in_a_row"u8, InARow);
    }
}

/// <summary>The end of a run: kind <c>end</c>.</summary>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Reason">Why: <c>done</c>, <c>cancelled</c> or <c>diverged</c>.</param>
internal readonly record struct EndLine(long Step, string Reason) : IMetricsLine
{
    /// <inheritdoc/>
    public string Kind => "end";

    /// <inheritdoc/>
    public void WriteRest(Utf8JsonWriter json) => json.WriteString("reason"u8, Reason);
}

/// <summary>What JSON has no word for.</summary>
internal static class MetricsJson
{
    /// <summary>Writes a number, or null for a NaN or an infinity.</summary>
    public static void WriteFinite(this Utf8JsonWriter json, ReadOnlySpan<byte> key, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(key, value);
        }
        else
        {
            json.WriteNull(key);
        }
    }

    /// <summary>Writes each head's greatest logit and accumulated factor, an array for each layer.</summary>
    public static void WriteHeads(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads)
    {
        json.WriteStartArray("head_max_logits"u8);
        for (int i = 0; i < heads.Count; i++)
        {
            json.StartLayer(heads, i);
            if (float.IsFinite(heads[i].MaximumLogit))
            {
                json.WriteNumberValue(heads[i].MaximumLogit);
            }
            else
            {
                json.WriteNullValue();
            }

            json.EndLayer(heads, i);
        }

        json.WriteEndArray();
        json.WriteStartArray("head_factors"u8);
        for (int i = 0; i < heads.Count; i++)
        {
            json.StartLayer(heads, i);
            json.WriteNumberValue((float)heads[i].AccumulatedFactor);
            json.EndLayer(heads, i);
        }

        json.WriteEndArray();
    }

    private static void StartLayer(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads, int i)
    {
        if (heads[i].Head == 0)
        {
            json.WriteStartArray();
        }
    }

    private static void EndLayer(this Utf8JsonWriter json, IReadOnlyList<HeadClip> heads, int i)
    {
        if (i + 1 == heads.Count || heads[i + 1].Head == 0)
        {
            json.WriteEndArray();
        }
    }
}
