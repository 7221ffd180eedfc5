namespace MuonSharp.Numerics;

/// <summary>Products whose result is known to be symmetric: one triangle is computed, then mirrored.</summary>
/// <remarks>Cost: m² k FLOPs and a little for tiles on the diagonal: half of the general product. The lower triangle has the general
/// product's bits.</remarks>
public static class SymmetricProduct
{
    /// <summary>C = [C +] (alpha A) B for factors whose product is symmetric: A Aᵀ, or two polynomials of one symmetric matrix.</summary>
    /// <param name="team">Workers to share the product; null runs it on the calling thread.</param>
    /// <param name="a">Shape [m, k], any strides.</param>
    /// <param name="b">Shape [k, m], any strides.</param>
    /// <param name="c">Shape [m, m], any strides; on accumulation only its lower triangle counts. Shares no memory with A and B.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sum then starts from it.</param>
    /// <param name="alpha">Factor that each element of A is multiplied by before the product (one rounding).</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate = false, float alpha = 1)
    {
        MatrixProduct.Validate(a, b, c);
        if (c.Rows != c.Columns)
        {
            throw new ArgumentException($"[symmetric product] the result must be square; it is [{c.Rows}, {c.Columns}]");
        }

        MatrixProduct.Run(team, a, b, c, accumulate, alpha, 1, lowerOnly: true, default(NoEpilogue));
        if (a.Columns == 0)
        {
            Mirror(team, c);
        }
    }

    /// <summary>Copies the lower triangle of a square matrix onto the upper one.</summary>
    /// <param name="team">Workers to share the copy; null runs it on the calling thread.</param>
    /// <param name="c">Square, any strides.</param>
    public static void Mirror(WorkerTeam? team, Matrix c)
    {
        var job = new MirrorJob(c);
        TeamRunner.Run(c.Rows <= MirrorJob.Strip ? null : team, MirrorJob.Tasks(c.Rows), ref job);
    }
}
