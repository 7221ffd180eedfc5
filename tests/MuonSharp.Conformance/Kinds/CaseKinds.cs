using MuonSharp.Conformance.Cases;

namespace MuonSharp.Conformance.Kinds;

/// <summary>What runs the cases of each kind. A kind that is not here fails.</summary>
internal static class CaseKinds
{
    private static readonly Dictionary<string, Action<GoldenCase>> s_kinds = new(StringComparer.Ordinal)
    {
        ["trace"] = TraceKind.Run,
        ["orthogonalization"] = OrthogonalizationKind.Run,
        ["qk-clip"] = QkClipKind.Run,
        ["model"] = ModelKind.Run,
        ["training"] = TrainingKind.Run,
        ["layer"] = LayerKind.Run,
        ["network"] = ImageNetworkKind.Run,
        ["network-training"] = NetworkTrainingKind.Run,
        ["tokenizer"] = TokenizerKind.Run,
    };

    public static void Run(GoldenCase golden)
    {
        Assert.True(
            s_kinds.TryGetValue(golden.Kind, out Action<GoldenCase>? run),
            $"{golden.Folder}: this build runs cases of the kinds {string.Join(", ", s_kinds.Keys)}; '{golden.Kind}' came");
        run(golden);
    }
}
