namespace MuonSharp.Optimizers.Tests;

/// <summary>Every optimizer in every published variant: one row each gives it all contract tests.</summary>
internal static class ContractTable
{
    private const double Momentum = 0.9;

    /// <summary>SOAP's rows rotate a side of at most that length.</summary>
    private const int LongestSide = 400;

    public static IReadOnlyDictionary<string, ContractRow> Rows { get; } = new Dictionary<string, ContractRow>(StringComparer.Ordinal)
    {
        // float32 feels the inverse of the smallest pole: a few times the rounding of Newton-Schulz.
        ["muon default"] = Muon("default") with { Tolerance = 1e-3, LargeShapes = [(301, 517, 2), (1100, 333, 1), (769, 1023, 1)] },
        ["muon keller-jordan"] = Muon("keller-jordan") with { LargeShapes = [(301, 517, 2), (1100, 333, 1), (769, 1023, 1)] },
        ["muon torch"] = Muon("torch"),
        ["muon moonlight"] = Muon("moonlight"),
        ["muon kimi-k2"] = Muon("kimi-k2"),
        ["muon optax"] = Muon("optax"),
        ["muon normuon"] = Muon("normuon") with { LargeShapes = [(301, 517, 2), (1100, 333, 1), (1023, 769, 1)] },
        ["muon airbench94"] = Muon("airbench94"),
        ["adamw torch"] = AdamW("torch"),
        ["adamw keller-jordan"] = AdamW("keller-jordan"),
        ["adamw moonlight"] = AdamW("moonlight"),
        ["adamw optax"] = AdamW("optax"),
        ["sgd"] = Elementwise(new SgdOptions { LearningRate = 0.01, Momentum = Momentum }, 0.05, WithMomentum, static start => new StraightLineSgd(false, start)) with
        {
            Standard = new SgdOptions(),
        },
        ["sgd nesterov"] = Elementwise(
            new SgdOptions { LearningRate = 0.01, Momentum = Momentum, Nesterov = true }, 0.05, WithMomentum, static start => new StraightLineSgd(true, start)) with
        {
            Standard = new SgdOptions { Nesterov = true },
            Decayed = static (rate, decay) => 1 - (rate * decay * (1 + Momentum)),
        },
        ["lion"] = Elementwise(
            new LionOptions { LearningRate = 0.001 }, 0.03, static (lion, momentum) => lion with { Beta1 = momentum }, static start => new StraightLineLion(start)) with
        {
            Standard = new LionOptions(),
        },
        // Written as a user would, without internals.
        ["foreign with a momentum"] = Elementwise(
            new SoftOptions(), 0.2, static (soft, momentum) => soft with { Momentum = momentum }, static start => new StraightLineSoft(start)),
        ["foreign without state"] = Elementwise(new PlainOptions(), 0.5, static (plain, _) => plain, static start => new StraightLinePlain(start)),
        ["soap"] = Soap(
            new SoapOptions { PreconditionFrequency = 2, MaximumPreconditionerDimension = LongestSide },
            new StraightLineSoap.Formula { Frequency = 2, LongestSide = LongestSide }) with
        {
            LargeShapes = [(301, 517, 3), (301, 301, 3)],
        },
        ["soap one-sided"] = Soap(
            new SoapOptions { PreconditionFrequency = 3, MaximumPreconditionerDimension = 30, ShampooBeta = 0.8 },
            new StraightLineSoap.Formula { Frequency = 3, LongestSide = 30, ShampooBeta = 0.8 }) with
        {
            LargeShapes = [(301, 29, 3), (23, 517, 3)],
            ConvergingRate = 0.35,
        },
        ["shampoo"] = Shampoo(
            new ShampooOptions { PreconditionFrequency = 2, BlockSize = 16 }, new StraightLineShampoo.Formula { Frequency = 2, BlockSize = 16 }),
        ["shampoo large blocks"] = Shampoo(
            new ShampooOptions { PreconditionFrequency = 2, BlockSize = 310, Beta2 = 0.9, GraftingBeta2 = 0.8, GraftingEpsilon = 1e-9, Epsilon = 1e-8 },
            new StraightLineShampoo.Formula { Frequency = 2, BlockSize = 310, Beta2 = 0.9, GraftingBeta2 = 0.8, GraftingEpsilon = 1e-9, Epsilon = 1e-8 }),
        ["shampoo ungrafted"] = Shampoo(
            new ShampooOptions { PreconditionFrequency = 2, BlockSize = 16, Epsilon = 1e-8, Grafting = ShampooGrafting.None },
            new StraightLineShampoo.Formula { Frequency = 2, BlockSize = 16, Epsilon = 1e-8, Grafted = false }) with
        {
            ConvergingRate = 0.05,
        },
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    private static ContractRow Muon(string preset) => new(
        MuonPresets.ByName[preset],
        OptimizerDescriptors.Muon.Preset(preset)!.Auxiliary,
        0.08,
        (start, parameter) => new StraightLineMuon(StraightLineMuon.Formulas[preset], start, parameter.Shape, parameter.InOut))
    {
        WithMomentum = static (options, momentum) => (MuonOptions)options with { Momentum = momentum },
    };

    private static ContractRow AdamW(string preset) =>
        Elementwise(AdamWPresets.ByName[preset], 0.03, static (adam, momentum) => adam with { Beta1 = momentum }, start => new StraightLineAdamW(StraightLineAdamW.Formulas[preset], start));

    private static ContractRow Elementwise<T>(T options, double rate, Func<T, Schedule, T> withMomentum, Func<float[], StraightLineOptimizer> straightLine)
        where T : OptimizerOptions =>
        new(options, options, rate, (start, _) => straightLine(start)) { Defines = static _ => true, WithMomentum = (other, momentum) => withMomentum((T)other, momentum) };

    private static SgdOptions WithMomentum(SgdOptions options, Schedule momentum) => options with { Momentum = momentum };

    private static ContractRow Soap(SoapOptions options, StraightLineSoap.Formula formula) => new(
        options, AdamWPresets.Torch, 0.06, (start, parameter) => new StraightLineSoap(formula, start, parameter.Shape))
    {
        WithMomentum = static (options, momentum) => (SoapOptions)options with { Beta1 = momentum },

        // The first step only looks at the gradient.
        Decayed = static (_, _) => 1,

        // The null space of a first statistic has no unique basis.
        Defines = parameter => parameter.Shape.Length == 1
            || (parameter.IsRegular && (parameter.Shape.Max() > options.MaximumPreconditionerDimension || parameter.Shape is [var rows, var columns] && rows == columns)),
    };

    private static ContractRow Shampoo(ShampooOptions options, StraightLineShampoo.Formula formula) => new(
        options, AdamWPresets.Torch, 0.03, (start, parameter) => new StraightLineShampoo(formula, start, parameter.Shape))
    {
        LargeShapes = [(301, 517, 2)],
        WithMomentum = static (options, momentum) => (ShampooOptions)options with { Beta1 = momentum },

        // While a block's statistic has no full rank, large gradients raise the rounding in its null space above epsilon, and its root is arbitrary.
        Defines = parameter => parameter.Shape.Length > 1 && (parameter.Scale < 1 || parameter.Shape.Max() <= options.BlockSize),
    };
}
