using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.MuonOptions>;

namespace MuonSharp.Optimizers;

/// <summary>Muon from outside.</summary>
internal static class MuonDescriptor
{
    private const string OwnSet = "own";
    private const int TripleLength = 3;

    private static readonly Dictionary<string, MomentumForm> s_forms =
        new[] { MomentumForm.Ema, MomentumForm.Sum, MomentumForm.BiasCorrectedEma }.ToDictionary(static form => form.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, MuonCompat> s_compat = new(StringComparer.Ordinal)
    {
        ["none"] = MuonCompat.None,
        ["keller-jordan-conv-scale"] = MuonCompat.KellerJordanConvScale,
        ["mlx-coupled-decay"] = MuonCompat.MlxCoupledDecay,
    };

    private static readonly Dictionary<string, NormFloor> s_floors = new(StringComparer.Ordinal) { ["sum"] = NormFloor.Sum, ["maximum"] = NormFloor.Maximum };

    private static readonly Dictionary<string, NewtonSchulz> s_sets =
        Orthogonalizers.All.OfType<NewtonSchulz>().ToDictionary(static iteration => iteration.Set, StringComparer.Ordinal);

    public static OptimizerDescriptor Instance { get; } = new(
        "muon",
        "momentum, made orthogonal, for the hidden matrices",
        [
            new("default", MuonPresets.Default, AdamWPresets.KellerJordan, "the original form with zolotarev/2"),
            new("keller-jordan", MuonPresets.KellerJordan, AdamWPresets.KellerJordan, "KellerJordan/Muon, muon.py"),
            new("torch", MuonPresets.Torch, AdamWPresets.Torch, "PyTorch 2.14, torch/optim/_muon.py"),
            new("moonlight", MuonPresets.Moonlight, AdamWPresets.Moonlight, "MoonshotAI/Moonlight, examples/toy_train.py"),
            new("kimi-k2", MuonPresets.KimiK2, AdamWPresets.Moonlight, "arXiv 2507.20534, algorithm 1"),
            new("optax", MuonPresets.Optax, AdamWPresets.Optax, "optax 0.2.8, contrib/_muon.py"),
            new("normuon", MuonPresets.NorMuon, AdamWPresets.KellerJordan, "zichongli5/NorMuon; arXiv 2510.05491"),
            new("airbench94", MuonPresets.Airbench94, AdamWPresets.KellerJordan, "KellerJordan/cifar10-airbench, airbench94_muon.py"),
        ],
        TracePreset: "keller-jordan",
        [
            .. Keys.Common,
            Keys.Decay("momentum", "what is kept of the past gradients", static o => o.Momentum, static (o, v) => o with { Momentum = v }),
            Keys.Choice("form", "how gradients become a direction", s_forms, static o => o.Form, static (o, v) => o with { Form = v }),
            Keys.Flag("nesterov", "whether the direction looks ahead by one gradient", static o => o.Nesterov, static (o, v) => o with { Nesterov = v }),
            Keys.Choice("orthogonalizer", "what makes the direction orthogonal; in a recorded run one of the preset's coefficients keeps its epsilon",
                Orthogonalizers.All.ToDictionary(static known => known.Name, StringComparer.Ordinal), static o => o.Orthogonalizer, static (o, v) => o with { Orthogonalizer = v }, WithOrthogonalizer),
            Keys.Custom("coefficients", $"one of {string.Join(", ", s_sets.Keys)}, a list of three numbers, or a list of such lists, one a step", "coefficients of Newton-Schulz",
                static o => o.Orthogonalizer is NewtonSchulz own ? Write(own.Steps) : null, static (o, value, _) => WithCoefficients(o, value), s_sets.Keys),
            Keys.Custom("stepsPerOrthogonalization", $"a whole number from 1 to {QuinticSchedules.MaximumSteps}", "how often Newton-Schulz applies one triple",
                static o => o.Orthogonalizer is NewtonSchulz own ? JsonValue.Create(own.Steps.Length) : null,
                static (o, _, number) => OfIteration(o, number is { } v && v >= 1 && v <= QuinticSchedules.MaximumSteps && v == Math.Truncate(v), own => own.WithSteps((int)number!))),
            Keys.Custom("orthogonalizerEpsilon", "a number above 0", "keeps Newton-Schulz's division by the norm away from zero",
                static o => o.Orthogonalizer is NewtonSchulz own ? JsonValue.Create(own.Epsilon) : null,
                static (o, _, number) => OfIteration(o, number > 0, own => own.WithEpsilon(number!.Value))),
            Keys.Choice("normFloor", "how Newton-Schulz's epsilon enters", s_floors,
                static o => o.Orthogonalizer is NewtonSchulz own ? own.Floor : (NormFloor)(-1), static (o, floor) => OfIteration(o, true, own => own.WithFloor(floor))),
            Keys.Flag("rowNormalization", "whether output rows are divided by a running root mean square of their own",
                static o => o.RowNormalization is not null, static (o, v) => o with { RowNormalization = v ? o.RowNormalization ?? new RowNormalization() : null }),
            Keys.Custom("beta2", "a number from 0 up to but not including 1", "decay of the rows' mean squares",
                static o => o.RowNormalization is { } rows ? JsonValue.Create(rows.Beta2) : null,
                static (o, _, number) => OfRows(o, number is >= 0 and < 1, rows => rows with { Beta2 = number!.Value })),
            Keys.Custom("rowEpsilon", "a number from 1e-30 to 1", "added to the divisors of the rows",
                static o => o.RowNormalization is { } rows ? JsonValue.Create(rows.Epsilon) : null,
                static (o, _, number) => OfRows(o, number is >= 1e-30 and <= 1, rows => rows with { Epsilon = number!.Value })),
            Keys.Choice("scale", "the factor by shape, which is the learning rate's unit", UpdateScale.ByName, static o => o.Scale, static (o, v) => o with { Scale = v }),
            Keys.Flag("normalizeWeights", "whether weights are brought to the norm sqrt(fan-out) before each step", static o => o.NormalizeWeights, static (o, v) => o with { NormalizeWeights = v }),
            Keys.Choice("compat", "a reference's known mistake to reproduce", s_compat, static o => o.Compat, static (o, v) => o with { Compat = v }),
        ])
    {
        Aliases = [new("normuon", "normuon")],
    };

    /// <summary>One of the options' own coefficients keeps their epsilon and floor.</summary>
    private static MuonOptions WithOrthogonalizer(MuonOptions options, IOrthogonalizer named) => options with
    {
        Orthogonalizer = named is NewtonSchulz other && options.Orthogonalizer is NewtonSchulz own && Repeats(own, other.Steps[0]) && Repeats(other, own.Steps[0])
            ? own.WithSteps(other.Steps.Length)
            : named,
    };

    /// <summary>The options' epsilon stays; what a set multiplies the norm by belongs to the set.</summary>
    private static (OptimizerOptions?, string) WithCoefficients(MuonOptions options, JsonNode? value)
    {
        if (value is not JsonArray list)
        {
            NewtonSchulz? named = value?.GetValueKind() == System.Text.Json.JsonValueKind.String ? s_sets.GetValueOrDefault(value.GetValue<string>()) : null;
            return OfIteration(options, named is not null, own => named!.WithEpsilon(own.Epsilon).WithFloor(own.Floor));
        }

        bool each = list.Count > 0 && list[0] is JsonArray;
        QuinticCoefficients?[] triples = each ? [.. list.Select(Triple)] : [Triple(list)];
        return OfIteration(options, Array.TrueForAll(triples, static triple => triple is not null), own =>
        {
            ImmutableArray<QuinticCoefficients> steps = each ? [.. triples.Select(static triple => triple!.Value)] : [.. Enumerable.Repeat(triples[0]!.Value, own.Steps.Length)];
            return new NewtonSchulz(OwnSet, steps, own.Epsilon, own.NormFactor, own.Floor);
        });
    }

    private static QuinticCoefficients? Triple(JsonNode? value)
    {
        double[] numbers = value is JsonArray list ? [.. list.Select(OptionKey.NumberOf).OfType<double>()] : [];
        return value is JsonArray { Count: TripleLength } && numbers.Length == TripleLength ? new QuinticCoefficients(numbers[0], numbers[1], numbers[2]) : null;
    }

    private static JsonArray Write(ImmutableArray<QuinticCoefficients> steps) =>
        new([.. steps.Select(static step => new JsonArray(JsonValue.Create(step.A), JsonValue.Create(step.B), JsonValue.Create(step.C)))]);

    private static bool Repeats(NewtonSchulz iteration, QuinticCoefficients triple) => iteration.Steps.All(step => step == triple);

    private static (OptimizerOptions?, string) OfIteration(MuonOptions options, bool accepted, Func<NewtonSchulz, NewtonSchulz> change) =>
        options.Orthogonalizer is not NewtonSchulz own ? (null, $"the key belongs to Newton-Schulz; the orthogonalizer is '{options.Orthogonalizer.Name}'")
        : accepted ? (options with { Orthogonalizer = change(own) }, "")
        : (null, "");

    private static (OptimizerOptions?, string) OfRows(MuonOptions options, bool accepted, Func<RowNormalization, RowNormalization> change) =>
        options.RowNormalization is not { } rows ? (null, "the key belongs to the preset 'normuon' or to rowNormalization; rows are not normalized here")
        : accepted ? (options with { RowNormalization = change(rows) }, "")
        : (null, "");
}
