namespace MuonSharp.Numerics;

/// <summary>Implicit QL with Wilkinson's shift on a tridiagonal matrix whose greatest element is about 1.</summary>
internal static unsafe class ImplicitQl
{
    /// <summary>Iterations per eigenvalue; two are usual.</summary>
    private const int MaximumIterations = 90;

    /// <summary>Half the distance from 1 to the next double.</summary>
    private const double Precision = 1.1102230246251565e-16;

    /// <summary>Turns the diagonal into eigenvalues and applies every rotation to the basis.</summary>
    public static void Run(WorkerTeam? team, double* diagonal, double* offDiagonal, int size, ref RotationList rotations, EigenBasis basis)
    {
        // What the tridiagonal form itself is uncertain by is zero: a null space of noise would not converge to less.
        double negligible = 0;
        for (int i = 0; i < size; i++)
        {
            negligible = Math.Max(negligible, Precision * (Math.Abs(diagonal[i]) + Math.Abs(offDiagonal[i])));
        }

        for (int first = 0; first < size; first++)
        {
            for (int iteration = 0; ; iteration++)
            {
                int last = EndOfBlock(offDiagonal, first, size, negligible);
                if (last == first)
                {
                    break;
                }

                if (iteration == MaximumIterations)
                {
                    throw new ArithmeticException($"[symmetric eigen] QL converges for every finite matrix; eigenvalue {first} of {size} did not");
                }

                if (!rotations.HasRoom)
                {
                    basis.Rotate(team, ref rotations);
                }

                Sweep(diagonal, offDiagonal, first, last, ref rotations);
            }
        }

        basis.Rotate(team, ref rotations);
    }

    private static int EndOfBlock(double* e, int first, int size, double negligible)
    {
        int last = first;
        while (last < size - 1 && !(Math.Abs(e[last]) <= negligible))
        {
            last++;
        }

        return last;
    }

    private static void Sweep(double* d, double* e, int first, int last, ref RotationList rotations)
    {
        double g = (d[first + 1] - d[first]) / (2 * e[first]);
        g = d[last] - d[first] + (e[first] / (g + Math.CopySign(Math.Sqrt((g * g) + 1), g)));
        double s = 1, c = 1, p = 0;
        for (int i = last - 1; i >= first; i--)
        {
            double f = s * e[i], b = c * e[i];
            double r = Math.Sqrt((f * f) + (g * g));
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[last] = 0;
                return;
            }

            (s, c) = (f / r, g / r);
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
            rotations.Add(i, c, s);
        }

        d[first] -= p;
        e[first] = g;
        e[last] = 0;
    }
}

/// <summary>Plane rotations of rows i and i + 1, recorded to be applied many at a time. A full list is the signal to apply them.</summary>
internal unsafe struct RotationList(double* memory, int size)
{
    private const int Sweeps = 24;

    /// <summary>Doubles of a list for a matrix of that size.</summary>
    public static long Length(int size) => 3L * Sweeps * size;

    public int Count { get; private set; }

    /// <summary>Whether another whole sweep finds room.</summary>
    public readonly bool HasRoom => Count <= (Sweeps - 1) * size;

    public readonly double* Items => memory;

    public void Add(int row, double cosine, double sine)
    {
        double* item = memory + (3L * Count++);
        item[0] = row;
        item[1] = cosine;
        item[2] = sine;
    }

    public void Clear() => Count = 0;
}
