namespace MuonSharp.Optimizers;

/// <summary>The factor of an orthogonalized matrix: what makes one learning rate fit all shapes.</summary>
/// <remarks>For every shape, lr(original) = lr(match-rms-adamw) · 0.2 sqrt(in): 0.02 at a fan-in of 768 is 0.0036.</remarks>
/// <param name="Name">The name in traces and configurations.</param>
/// <param name="Factor">The factor for (fan-out, fan-in).</param>
public sealed record UpdateScale(string Name, Func<int, int, double> Factor)
{
    /// <summary>The root mean square of AdamW's updates that <see cref="MatchRmsAdamW"/> aims at. Source: arXiv 2502.16982.</summary>
    private const double AdamWUpdateRms = 0.2;

    /// <summary>sqrt(max(1, out / in)): the spectral norm that keeps activations at the size of their inputs, not below 1.</summary>
    /// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static UpdateScale Original { get; } = new("original", static (fanOut, fanIn) => Math.Sqrt(Math.Max(1, (double)fanOut / fanIn)));

    /// <summary>0.2 sqrt(max(out, in)): an update has about the root mean square of AdamW's, so AdamW's learning rate and decay fit.</summary>
    /// <remarks>Source: Moonlight, arXiv 2502.16982; torch.optim.Muon, <c>match_rms_adamw</c>.</remarks>
    public static UpdateScale MatchRmsAdamW { get; } =
        new("match-rms-adamw", static (fanOut, fanIn) => AdamWUpdateRms * Math.Sqrt(Math.Max(fanOut, fanIn)));

    /// <summary>sqrt(out / in), below 1 for wide matrices too.</summary>
    /// <remarks>Source: torch.optim.Muon, <c>spectral_unclamped</c>.</remarks>
    public static UpdateScale SpectralUnclamped { get; } = new("spectral-unclamped", static (fanOut, fanIn) => Math.Sqrt((double)fanOut / fanIn));

    /// <summary>1 for every shape.</summary>
    /// <remarks>Source: KellerJordan/cifar10-airbench, <c>airbench94_muon.py</c>.</remarks>
    public static UpdateScale None { get; } = new("none", static (_, _) => 1);

    /// <summary>The named factors: what traces and configurations may say.</summary>
    public static IReadOnlyDictionary<string, UpdateScale> ByName { get; } =
        new[] { Original, MatchRmsAdamW, SpectralUnclamped, None }.ToDictionary(static scale => scale.Name, StringComparer.Ordinal);
}
