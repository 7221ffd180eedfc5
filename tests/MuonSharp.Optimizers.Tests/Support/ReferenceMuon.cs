namespace MuonSharp.Optimizers.Tests;

/// <summary>Muon for one [out, in] matrix in double precision, by plain loops from the formulas of the original.</summary>
internal sealed class ReferenceMuon(double[,] weights)
{
    private readonly double[,] _momentum = new double[weights.GetLength(0), weights.GetLength(1)];

    public double[,] Weights { get; } = weights;

    public void Step(double[,]? gradient, double learningRate, double momentum = 0.95, double weightDecay = 0, bool nesterov = true)
    {
        int rows = Weights.GetLength(0), columns = Weights.GetLength(1);
        var direction = new double[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double g = gradient == null ? 0 : gradient[i, j];
                _momentum[i, j] += (1 - momentum) * (g - _momentum[i, j]);
                direction[i, j] = nesterov ? ((1 - momentum) * g) + (momentum * _momentum[i, j]) : _momentum[i, j];
            }
        }

        double[,] x = NewtonSchulz(direction);
        double scale = Math.Sqrt(Math.Max(1, (double)rows / columns));
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                Weights[i, j] = (Weights[i, j] * (1 - (learningRate * weightDecay))) - (learningRate * scale * x[i, j]);
            }
        }
    }

    public static double[,] NewtonSchulz(double[,] u)
    {
        bool tall = u.GetLength(0) > u.GetLength(1);
        double[,] x = tall ? Transpose(u) : (double[,])u.Clone();
        double norm = 0;
        foreach (double value in x)
        {
            norm += value * value;
        }

        norm = Math.Sqrt(norm) + 1e-7;
        x = Combine(x, 1 / norm, x, 0);
        for (int step = 0; step < 5; step++)
        {
            double[,] a = Product(x, Transpose(x));
            double[,] b = Combine(a, -4.7750, Product(a, a), 2.0315);
            x = Combine(x, 3.4445, Product(b, x), 1);
        }

        return tall ? Transpose(x) : x;
    }

    public static double[,] Product(double[,] a, double[,] b)
    {
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int k = 0; k < a.GetLength(1); k++)
            {
                for (int j = 0; j < c.GetLength(1); j++)
                {
                    c[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return c;
    }

    public static double[,] Transpose(double[,] a)
    {
        var t = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
        {
            for (int j = 0; j < a.GetLength(1); j++)
            {
                t[j, i] = a[i, j];
            }
        }

        return t;
    }

    private static double[,] Combine(double[,] a, double alpha, double[,] b, double beta)
    {
        var c = new double[a.GetLength(0), a.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
        {
            for (int j = 0; j < c.GetLength(1); j++)
            {
                c[i, j] = (alpha * a[i, j]) + (beta * b[i, j]);
            }
        }

        return c;
    }
}
