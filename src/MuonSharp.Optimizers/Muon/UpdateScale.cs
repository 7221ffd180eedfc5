namespace MuonSharp.Optimizers;

/// <summary>The factor of an orthogonalized matrix: what makes one learning rate fit all shapes.</summary>
/// <param name="Name">The name in traces and configurations.</param>
/// <param name="Factor">The factor for (fan-out, fan-in).</param>
public sealed record UpdateScale(string Name, Func<int, int, double> Factor)
{
    /// <summary>sqrt(max(1, out / in)): the spectral norm that keeps activations at the size of their inputs, not below 1.</summary>
    /// <remarks>Source: KellerJordan/Muon, <c>muon.py</c>.</remarks>
    public static UpdateScale Original { get; } = new("original", static (fanOut, fanIn) => Math.Sqrt(Math.Max(1, (double)fanOut / fanIn)));
}
