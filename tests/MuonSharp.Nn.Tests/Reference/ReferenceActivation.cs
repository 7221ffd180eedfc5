namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Activations element by element, with their derivatives.</summary>
internal static class ReferenceActivation
{
    private const double SqrtTwoOverPi = 0.797884560802865355879892119869;

    /// <summary>x Phi(x), Phi the normal distribution function.</summary>
    public static double Gelu(double x) => x * Normal(x);

    public static double GeluDerivative(double x) => Normal(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));

    /// <summary>GPT-2's approximation x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))).</summary>
    public static double GeluTanh(double x) => x / 2 * (1 + Math.Tanh(SqrtTwoOverPi * (x + (0.044715 * x * x * x))));

    public static double GeluTanhDerivative(double x)
    {
        double tanh = Math.Tanh(SqrtTwoOverPi * (x + (0.044715 * x * x * x)));
        return ((1 + tanh) / 2) + (x / 2 * (1 - (tanh * tanh)) * SqrtTwoOverPi * (1 + (3 * 0.044715 * x * x)));
    }

    public static double ReluSquared(double x) => x > 0 ? x * x : 0;

    public static double ReluSquaredDerivative(double x) => x > 0 ? 2 * x : 0;

    /// <summary>Value and derivative of the activation that has this name in the product.</summary>
    public static (Func<double, double> Value, Func<double, double> Derivative) Named(string name) => name switch
    {
        "identity" => (x => x, _ => 1),
        "relu" => (x => Math.Max(x, 0), x => x > 0 ? 1 : 0),
        "relu-squared" => (ReluSquared, ReluSquaredDerivative),
        "gelu" => (Gelu, GeluDerivative),
        "gelu-tanh" => (GeluTanh, GeluTanhDerivative),
        "silu" => (Silu, SiluDerivative),
        "sigmoid" => (Sigmoid, x => Sigmoid(x) * Sigmoid(-x)),
        "tanh" => (Math.Tanh, x => 1 / (Math.Cosh(x) * Math.Cosh(x))),
        "softplus" => (x => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x))), Sigmoid),
        _ => throw new NotSupportedException($"[reference] no activation is named {name}"),
    };

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>log(1 + x), by Kahan's correction of the rounding of 1 + x.</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }

    /// <summary>x sigmoid(x).</summary>
    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    public static double SiluDerivative(double x)
    {
        double s = 1 / (1 + Math.Exp(-x));
        return s * (1 + (x * (1 - s)));
    }

    /// <summary>y = silu(gate) up.</summary>
    public static double[] SwiGlu(double[] gate, double[] up) => Map(gate, up, (g, u) => Silu(g) * u);

    public static (double[] Gate, double[] Up) SwiGluBackward(double[] dy, double[] gate, double[] up) =>
        (Map(dy, Map(gate, up, (g, u) => SiluDerivative(g) * u), (d, f) => d * f), Map(dy, gate, (d, g) => d * Silu(g)));

    public static double[] Map(double[] x, Func<double, double> function) => Array.ConvertAll(x, value => function(value));

    public static double[] Map(double[] a, double[] b, Func<double, double, double> function)
    {
        double[] y = new double[a.Length];
        for (int i = 0; i < y.Length; i++) y[i] = function(a[i], b[i]);
        return y;
    }

    /// <summary>Where the mask is set, x / (1 - probability); elsewhere 0. Linear, so it is its own backward.</summary>
    public static double[] Dropout(double[] x, bool[] kept, double probability)
    {
        double[] y = new double[x.Length];
        for (int i = 0; i < y.Length; i++) y[i] = kept[i] ? x[i] / (1 - probability) : 0;
        return y;
    }

    /// <summary>Phi(x) = erfc(-x / sqrt 2) / 2: a Taylor series near 0, a continued fraction in the tails; both to double precision.</summary>
    private static double Normal(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2);
        double tail = z < 3 ? (1 - SeriesOfErf(z)) / 2 : TailOfErf(z) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    private static double SeriesOfErf(double z)
    {
        // erf z = 2/sqrt(pi) exp(-z²) sum 2^n z^(2n+1) / (1·3·5···(2n+1)): all terms positive, so nothing cancels.
        double term = z, sum = z;
        for (int n = 1; term > 1e-18 * sum; n++) sum += term *= 2 * z * z / ((2 * n) + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
    }

    private static double TailOfErf(double z)
    {
        // erfc z = exp(-z²)/sqrt(pi) / (z + (1/2)/(z + 1/(z + (3/2)/(z + ...)))), evaluated from far inside.
        double fraction = z;
        for (int n = 120; n >= 1; n--) fraction = z + (n / 2.0 / fraction);
        return Math.Exp(-z * z) / Math.Sqrt(Math.PI) / fraction;
    }
}
