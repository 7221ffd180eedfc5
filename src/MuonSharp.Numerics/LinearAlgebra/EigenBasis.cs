namespace MuonSharp.Numerics;

/// <summary>The eigenvectors in the making: row i is vector i, kept as panels of 16 components so that a panel fits a cache.</summary>
internal readonly unsafe struct EigenBasis(double* panels, int size)
{
    /// <summary>Components of a panel.</summary>
    public const int Width = 16;

    private int Panels => (size + Width - 1) / Width;

    /// <summary>Doubles of the panels of a matrix of that size.</summary>
    public static long Length(int size) => (long)(size + Width - 1) / Width * Width * size;

    /// <summary>Starts with the transposed basis of the tridiagonal form, ... H_1 H_0.</summary>
    public void Form(WorkerTeam? team, double* matrix, double* tau)
    {
        var job = new EigenFormJob(panels, size, matrix, tau);
        TeamRunner.Run(team, Panels, ref job);
    }

    /// <summary>Applies the recorded rotations and empties the list.</summary>
    public void Rotate(WorkerTeam? team, ref RotationList rotations)
    {
        var job = new EigenRotateJob(panels, size, rotations.Items, rotations.Count);
        TeamRunner.Run(team, Panels, ref job);
        rotations.Clear();
    }

    /// <summary>Sorts the values, greatest first, and writes the vectors in their order.</summary>
    public void Write(WorkerTeam? team, double* values, double* vectors, double* order)
    {
        for (int i = 0; i < size; i++)
        {
            order[i] = i;
        }

        // The positions break ties: equal values stay in the order in which they came.
        for (int i = 1; i < size; i++)
        {
            double value = values[i], index = order[i];
            int j = i - 1;
            for (; j >= 0 && values[j] < value; j--)
            {
                (values[j + 1], order[j + 1]) = (values[j], order[j]);
            }

            (values[j + 1], order[j + 1]) = (value, index);
        }

        var job = new EigenWriteJob(panels, size, order, vectors);
        TeamRunner.Run(team, Panels, ref job);
    }
}
