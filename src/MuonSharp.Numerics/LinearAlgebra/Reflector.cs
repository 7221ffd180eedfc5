namespace MuonSharp.Numerics;

/// <summary>Householder reflections H = I - tau v vᵀ with v_0 = 1.</summary>
internal static unsafe class Reflector
{
    /// <summary>Turns x into the v of the reflection that maps it onto a multiple of the first axis.</summary>
    /// <returns>That multiple: of the opposite sign of x_0, or x_0 itself where the rest is zero already (tau = 0).</returns>
    public static double Make(double* x, int count, out double tau)
    {
        double first = x[0];
        double rest = DoubleVector.Dot(x + 1, x + 1, count - 1);
        x[0] = 1;
        if (rest == 0)
        {
            tau = 0;
            return first;
        }

        double multiple = -Math.CopySign(Math.Sqrt((first * first) + rest), first);
        tau = (multiple - first) / multiple;
        DoubleVector.Scale(1 / (first - multiple), x + 1, count - 1);
        return multiple;
    }

    /// <summary>y &lt;- H y.</summary>
    public static void Apply(double tau, double* v, double* y, int count)
    {
        if (tau != 0)
        {
            DoubleVector.Add(-tau * DoubleVector.Dot(v, y, count), v, y, count);
        }
    }
}
