namespace MuonSharp.Optimizers.Tests;

/// <summary>Every optimizer in every published variant: one row each gives it all contract tests.</summary>
internal static class ContractTable
{
    private const double Momentum = 0.9;

    public static IReadOnlyDictionary<string, ContractRow> Rows { get; } = Muon()
        .Concat(AdamWPresets.ByName.Select(preset => KeyValuePair.Create($"adamw {preset.Key}", Elementwise(preset.Value, 0.03))))
        .Append(KeyValuePair.Create("sgd", Elementwise(new Sgd.Options { LearningRate = 0.01, Momentum = Momentum }, 0.05)))
        .Append(KeyValuePair.Create(
            "sgd nesterov",
            Elementwise(new Sgd.Options { LearningRate = 0.01, Momentum = Momentum, Nesterov = true }, 0.05) with
            {
                Decayed = static (rate, decay) => 1 - (rate * decay * (1 + Momentum)),
            }))
        .Append(KeyValuePair.Create("lion", Elementwise(new Lion.Options { LearningRate = 0.001 }, 0.03)))
        .Append(KeyValuePair.Create("soap", Matrices(new SoapOptions { PreconditionFrequency = 2 }, 0.06) with
        {
            // The first step only looks at the gradient.
            Decayed = static (_, _) => 1,
        }))
        .Append(KeyValuePair.Create("shampoo", Matrices(new ShampooOptions { PreconditionFrequency = 2, BlockSize = 16 }, 0.03)))
        .ToDictionary(StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Rows.Keys];

    private static IEnumerable<KeyValuePair<string, ContractRow>> Muon() => MuonPresets.ByName.Select(
        preset => KeyValuePair.Create($"muon {preset.Key}", new ContractRow(preset.Value, MuonPresets.AuxiliaryOf(preset.Key), 0.08)));

    private static ContractRow Matrices(OptimizerOptions options, double rate) => new(options, AdamWPresets.Torch, rate);

    private static ContractRow Elementwise(OptimizerOptions options, double rate) => new(options, options, rate);
}
