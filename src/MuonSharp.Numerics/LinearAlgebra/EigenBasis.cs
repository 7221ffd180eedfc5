using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>The eigenvectors in the making: row i is vector i, kept as panels of 16 components so that a panel fits a cache. The default is no basis: rotations have nothing to turn.</summary>
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

/// <summary>A panel of the identity, reflected by H_0, H_1 and so on.</summary>
internal readonly unsafe struct EigenFormJob(double* panels, int size, double* matrix, double* tau) : ITeamJob
{
    public void Run(int task, int worker)
    {
        double* panel = panels + ((long)task * size * EigenBasis.Width);
        new Span<double>(panel, size * EigenBasis.Width).Clear();
        int column = task * EigenBasis.Width;
        for (int j = column; j < Math.Min(size, column + EigenBasis.Width); j++)
        {
            panel[(j * EigenBasis.Width) + j - column] = 1;
        }

        for (int k = 0; k < size - 1; k++)
        {
            if (tau[k] != 0)
            {
                Reflect(tau[k], matrix + ((long)k * size) + k + 1, panel + ((k + 1) * EigenBasis.Width), size - k - 1);
            }
        }
    }

    private static void Reflect(double tau, double* v, double* rows, int count)
    {
        Vector256<double> a = default, b = default, c = default, d = default;
        double* row = rows;
        for (int i = 0; i < count; i++, row += EigenBasis.Width)
        {
            Vector256<double> x = Vector256.Create(v[i]);
            a = Vector256.FusedMultiplyAdd(x, Vector256.Load(row), a);
            b = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + 4), b);
            c = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + 8), c);
            d = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + 12), d);
        }

        Vector256<double> factor = Vector256.Create(-tau);
        (a, b, c, d) = (a * factor, b * factor, c * factor, d * factor);
        row = rows;
        for (int i = 0; i < count; i++, row += EigenBasis.Width)
        {
            Vector256<double> x = Vector256.Create(v[i]);
            Vector256.FusedMultiplyAdd(x, a, Vector256.Load(row)).Store(row);
            Vector256.FusedMultiplyAdd(x, b, Vector256.Load(row + 4)).Store(row + 4);
            Vector256.FusedMultiplyAdd(x, c, Vector256.Load(row + 8)).Store(row + 8);
            Vector256.FusedMultiplyAdd(x, d, Vector256.Load(row + 12)).Store(row + 12);
        }
    }
}

/// <summary>Applies rotations to a panel: (row i, row i + 1) &lt;- (c x - s y, s x + c y).</summary>
internal readonly unsafe struct EigenRotateJob(double* panels, int size, double* rotations, int count) : ITeamJob
{
    public void Run(int task, int worker)
    {
        double* panel = panels + ((long)task * size * EigenBasis.Width);
        Vector256<double> a = default, b = default, c = default, d = default;
        int held = -1;
        double* item = rotations;

        // A sweep goes up the rows, so the row it leaves behind is the next rotation's lower one: it stays in registers.
        for (int i = 0; i < count; i++, item += 3)
        {
            int row = (int)item[0];
            double* upper = panel + (row * EigenBasis.Width);
            double* lower = upper + EigenBasis.Width;
            if (held != row + 1)
            {
                if (held >= 0)
                {
                    Store(panel + (held * EigenBasis.Width), a, b, c, d);
                }

                (a, b, c, d) = (Vector256.Load(lower), Vector256.Load(lower + 4), Vector256.Load(lower + 8), Vector256.Load(lower + 12));
            }

            Vector256<double> cosine = Vector256.Create(item[1]), sine = Vector256.Create(item[2]);
            a = Rotate(cosine, sine, upper, a, lower);
            b = Rotate(cosine, sine, upper + 4, b, lower + 4);
            c = Rotate(cosine, sine, upper + 8, c, lower + 8);
            d = Rotate(cosine, sine, upper + 12, d, lower + 12);
            held = row;
        }

        if (held >= 0)
        {
            Store(panel + (held * EigenBasis.Width), a, b, c, d);
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Rotate(Vector256<double> cosine, Vector256<double> sine, double* upper, Vector256<double> y, double* lower)
    {
        Vector256<double> x = Vector256.Load(upper);
        Vector256.FusedMultiplyAdd(sine, x, cosine * y).Store(lower);
        return Vector256.FusedMultiplyAdd(cosine, x, -(sine * y));
    }

    private static void Store(double* row, Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        a.Store(row);
        b.Store(row + 4);
        c.Store(row + 8);
        d.Store(row + 12);
    }
}

/// <summary>Writes a panel's 16 components of all vectors, in the order of their values.</summary>
internal readonly unsafe struct EigenWriteJob(double* panels, int size, double* order, double* vectors) : ITeamJob
{
    public void Run(int task, int worker)
    {
        double* panel = panels + ((long)task * size * EigenBasis.Width);
        int column = task * EigenBasis.Width, width = Math.Min(EigenBasis.Width, size - column);
        for (int i = 0; i < size; i++)
        {
            new Span<double>(panel + ((int)order[i] * EigenBasis.Width), width).CopyTo(new Span<double>(vectors + ((long)i * size) + column, width));
        }
    }
}
