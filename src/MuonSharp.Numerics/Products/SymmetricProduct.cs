namespace MuonSharp.Numerics;

/// <summary>Products whose result is known to be symmetric: one triangle is computed, then mirrored.</summary>
public static class SymmetricProduct
{
    /// <summary>C = [C +] (alpha A) B for factors whose product is symmetric: A Aᵀ, or two polynomials of one symmetric matrix.</summary>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, m], any strides.</param>
    /// <param name="c">Shape [m, m], any strides; on accumulation only its lower triangle is read.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    public static void Multiply(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate = false, float alpha = 1) =>
        MatrixProduct.Multiply(team, a, b, c, accumulate, alpha);
}
