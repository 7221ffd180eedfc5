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

        var (text, batch, recomputes) = Parts(name);
        return Model(text, batch) is { } model && IsSound(model)
            ? context => new StepCase(name, context.Team, model with { Recomputes = recomputes }, context.Optimizer)
            : null;
    }

    /// <inheritdoc/>
    public override string Rule(string name)
    {
        var (text, batch, _) = Parts(name);
        var own = BenchName.Numbers(text) is [_, _, _];
        if (text.Split(':') is [var plain, var variant] && (StepModel.ByName.ContainsKey(Split(plain).Model) || BenchName.Numbers(Split(plain).Model) is [_, _, _]))
        {
            return $"what follows the colon must be {Recompute[1..]}; '{variant}' came";
        }

        if (!own && !StepModel.ByName.ContainsKey(text))
        {
            return $"the model must be one of {string.Join(", ", StepModel.ByName.Keys)}, or LxHxW with -BxT behind it (layers, heads, width; sequences, tokens); '{text}' came";
        }

        // Without a batch, what is wrong with the sizes is said all the same.
        var model = Model(text, batch ?? (own ? [1, 1] : null))!;
        return model.Model.Problems() is [var problem, ..] ? problem
            : batch is null ? $"a model of one's own sizes needs sequences and tokens behind it: {name}-BxT"
            : model.Time > model.Model.Context ? $"the model sees {model.Model.Context} tokens at once; {model.Time} came"
            : $"a step must have at most {MostTokens} tokens and a model fewer than {MostParameters} weights";
    }

    /// <summary>What a name of the family is made of.</summary>
    private (string Model, int[]? Batch, bool Recomputes) Parts(string name)
    {
        var recomputes = name.EndsWith(Recompute, StringComparison.Ordinal);
        var (text, batch) = Split(name[(Name.Length + 1)..^(recomputes ? Recompute.Length : 0)]);
        return (text, batch, recomputes);
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
