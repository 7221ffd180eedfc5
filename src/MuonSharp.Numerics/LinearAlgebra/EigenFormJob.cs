using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

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
