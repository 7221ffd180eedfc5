namespace MuonSharp.Optimizers;

/// <summary>Divides each output row of the orthogonalized matrix by a running root mean square of its own, and keeps the matrix's norm.</summary>
/// <remarks>
/// <code>
/// n = ||X||_F;  s_i = mean_j X_ij²;  v &lt;- v + (1 - beta2)(s - v)
/// X_ij &lt;- X_ij / (sqrt(v_i) + eps);  X &lt;- X n / (||X||_F + eps)
/// </code>
/// <para>v starts at 0 and is not bias-corrected. Memory: one float an output.</para>
/// <para>Source: NorMuon, arXiv 2510.05491; zichongli5/NorMuon.</para>
/// </remarks>
public sealed record RowNormalization
{
    /// <summary>Decay of the rows' mean squares, in [0, 1), default 0.95.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to both divisors, so that zero stays zero; at least 1e-30, default 1e-10.</summary>
    public double Epsilon { get; init; } = 1e-10;

    internal void Collect(OptionsProblems problems)
    {
        problems.Require(Beta2 is >= 0 and < 1, $"the row normalization's beta2 must be in [0, 1), not {Beta2}");
        problems.Require(Epsilon is >= 1e-30 and <= 1, $"the row normalization's epsilon must be in [1e-30, 1], not {Epsilon}");
    }
}
