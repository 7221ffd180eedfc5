using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

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
