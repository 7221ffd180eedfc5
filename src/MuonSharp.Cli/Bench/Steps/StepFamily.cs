using MuonSharp.Nn;

namespace MuonSharp.Cli.Bench;

/// <summary>Whole training steps.</summary>
internal sealed class StepFamily() : BenchFamily(
    "step",
    "step-MODEL[-BxT][:recompute]",
    $"a training step on B sequences of T tokens; MODEL: {string.Join(", ", StepModel.ByName.Keys)}, or LxHxW: layers, heads, width of a character model",
    "step-nanogpt-cpu",
    "step-nanogpt-384",
    "step-gpt2-124m",
    "step-gpt2-124m-1x1024")
{
    /// <summary>More than any optimizer's state would fit beside.</summary>
    private const long MostParameters = 1L << 31;

    private const long MostTokens = 1 << 20;

    private const string Recompute = ":recompute";

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name)
    {
        if (!name.StartsWith(Name + "-", StringComparison.Ordinal))
        {
            return null;
        }

        var recomputes = name.EndsWith(Recompute, StringComparison.Ordinal);
        var (text, batch) = Split(name[(Name.Length + 1)..^(recomputes ? Recompute.Length : 0)]);
        return Model(text, batch) is { } model && IsSound(model)
            ? context => new StepCase(name, context.Team, model with { Recomputes = recomputes }, context.Optimizer)
            : null;
    }

    /// <summary>The model's name, and the batch behind it if there is one.</summary>
    private static (string Model, int[]? Batch) Split(string text)
    {
        var dash = text.LastIndexOf('-');
        return dash > 0 && BenchName.Numbers(text[(dash + 1)..]) is [_, _] batch ? (text[..dash], batch) : (text, null);
    }

    private static StepModel? Model(string text, int[]? batch)
    {
        if (StepModel.ByName.TryGetValue(text, out var named))
        {
            return batch is null ? named : named with { Batch = batch[0], Time = batch[1] };
        }

        return batch is not null && BenchName.Numbers(text) is [var layers, var heads, var width]
            ? new StepModel(StepModel.Character(layers, heads, width, batch[1]), batch[0], batch[1])
            : null;
    }

    private static bool IsSound(StepModel model) => model.Model.Problems().Count == 0
        && model.Time <= model.Model.Context
        && (long)model.Batch * model.Time <= MostTokens
        && Parameters(model.Model) < MostParameters;

    private static double Parameters(DecoderConfig model) => ((12.0 * model.Layers * model.Width) + model.Vocabulary + model.Context) * model.Width;
}
