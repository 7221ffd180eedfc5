using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Gives a parameter its first values.</summary>
/// <remarks>The numbers come from a stream that the model's seed and the parameter's name open: no other parameter, no order of declaration and no thread
/// changes them. One of your own is a class with one method.</remarks>
public abstract class Initializer
{
    /// <summary>Writes all weights of a parameter.</summary>
    /// <param name="parameter">The parameter, its memory in place.</param>
    /// <param name="stream">Random numbers of this parameter alone.</param>
    public abstract void Fill(Parameter parameter, RandomStream stream);

    /// <summary>Inputs and outputs of one element of the result, as torch counts them: [out, in, kernel...] has in·kernel and out·kernel. A stack of
    /// experts is counted by expert.</summary>
    /// <param name="parameter">A parameter of at least two axes.</param>
    /// <returns>Fan-in and fan-out.</returns>
    /// <exception cref="ArgumentException">The parameter is a vector.</exception>
    protected internal static (long FanIn, long FanOut) Fans(Parameter parameter)
    {
        MatrixLayout layout = parameter.Layout;
        int first = layout.SplitsExperts ? 1 : 0;
        Rule.Check(parameter.Shape.Length >= first + 2, $"[initializer] only a matrix has a fan-in and a fan-out; {parameter}");
        long kernel = 1;
        for (int axis = first + 2; axis < parameter.Shape.Length; axis++)
        {
            kernel *= parameter.Shape[axis];
        }

        (long rows, long columns) = (parameter.Shape[first] * kernel, parameter.Shape[first + 1] * kernel);
        return layout.Orientation == MatrixOrientation.OutIn ? (columns, rows) : (rows, columns);
    }
}

/// <summary>The usual first values.</summary>
public static class Initializers
{
    /// <summary>The gain of torch's linear layers: with it the bound of <see cref="KaimingUniform"/> is 1/√fan-in.</summary>
    public const double LinearGain = 0.57735026918962573;

    /// <summary>All 0.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>All 1.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1);

    /// <summary>All the same.</summary>
    /// <param name="value">The value.</param>
    public static Initializer Constant(float value) => new ConstantInitializer(value);

    /// <summary>N(0, deviation²).</summary>
    /// <param name="deviation">Standard deviation, 0 or more.</param>
    /// <exception cref="ArgumentException">The deviation is negative or no number.</exception>
    public static Initializer Normal(double deviation)
    {
        Rule.Check(deviation >= 0, $"[initializer] a standard deviation is not negative; {deviation}");
        return new NormalInitializer(deviation);
    }

    /// <summary>Uniform in [-bound, bound).</summary>
    /// <param name="bound">The bound, 0 or more.</param>
    /// <exception cref="ArgumentException">The bound is negative or no number.</exception>
    public static Initializer Uniform(double bound)
    {
        Rule.Check(bound >= 0, $"[initializer] a bound is not negative; {bound}");
        return new UniformInitializer(_ => bound);
    }

    /// <summary>Uniform within gain·√(3 / fan-in): activations keep their variance forward. Default: torch's for linear layers and convolutions, 1/√fan-in.</summary>
    /// <remarks>Source: K. He et al., "Delving deep into rectifiers", arXiv:1502.01852.</remarks>
    /// <param name="gain">√2 for ReLU; default <see cref="LinearGain"/>, which is torch's a = √5.</param>
    public static Initializer KaimingUniform(double gain = LinearGain) => new UniformInitializer(
        parameter => gain * Math.Sqrt(3.0 / Initializer.Fans(parameter).FanIn));

    /// <summary>Uniform within gain·√(6 / (fan-in + fan-out)): a compromise of forward and backward.</summary>
    /// <remarks>Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.</remarks>
    /// <param name="gain">Default 1.</param>
    public static Initializer XavierUniform(double gain = 1) => new UniformInitializer(parameter =>
    {
        (long fanIn, long fanOut) = Initializer.Fans(parameter);
        return gain * Math.Sqrt(6.0 / (fanIn + fanOut));
    });

    /// <summary>A random orthogonal matrix times a gain: W Wᵀ = gain² I (wide) or Wᵀ W = gain² I (tall), for each matrix that the layout names.</summary>
    /// <remarks>A normal matrix made orthonormal by Gram-Schmidt, twice, in double precision: O(m²n) for m the smaller side. Source: A. Saxe et al.,
    /// "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", arXiv:1312.6120.</remarks>
    /// <param name="gain">Default 1.</param>
    public static Initializer Orthogonal(double gain = 1) => new OrthogonalInitializer(gain);

    private sealed class ConstantInitializer(float value) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream) => parameter.Weights.Span.Fill(value);
    }

    private sealed class NormalInitializer(double deviation) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream)
        {
            Span<float> weights = parameter.Weights.Span;
            stream.FillNormal(weights, step: 0, sample: 0);
            foreach (ref float weight in weights)
            {
                weight *= (float)deviation;
            }
        }
    }

    private sealed class UniformInitializer(Func<Parameter, double> bound) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream)
        {
            double limit = bound(parameter);
            Span<float> weights = parameter.Weights.Span;
            stream.FillUniform(weights, step: 0, sample: 0);
            foreach (ref float weight in weights)
            {
                weight = (float)(((2.0 * weight) - 1) * limit);
            }
        }
    }

    private sealed class OrthogonalInitializer(double gain) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream)
        {
            Span<float> weights = parameter.Weights.Span;
            stream.FillNormal(weights, step: 0, sample: 0);
            foreach (MatrixSlice matrix in parameter.Matrices)
            {
                Orthonormalize(weights[matrix.Offset..], matrix);
            }
        }

        /// <summary>Makes the rows of a wide matrix, or the columns of a tall one, orthonormal.</summary>
        private void Orthonormalize(Span<float> weights, MatrixSlice matrix)
        {
            bool wide = matrix.Rows <= matrix.Columns;
            (int count, int length) = wide ? (matrix.Rows, matrix.Columns) : (matrix.Columns, matrix.Rows);
            double[][] vectors = new double[count][];
            for (int i = 0; i < count; i++)
            {
                vectors[i] = new double[length];
                for (int j = 0; j < length; j++)
                {
                    vectors[i][j] = weights[At(i, j)];
                }

                Orthonormalize(vectors, i);
                for (int j = 0; j < length; j++)
                {
                    weights[At(i, j)] = (float)(gain * vectors[i][j]);
                }
            }

            int At(int vector, int element) => wide ? (vector * matrix.RowStride) + element : (element * matrix.RowStride) + vector;
        }

        // The second pass takes away what rounding left of the first.
        private static void Orthonormalize(double[][] vectors, int last)
        {
            double[] vector = vectors[last];
            for (int pass = 0; pass < 2; pass++)
            {
                for (int i = 0; i < last; i++)
                {
                    AddScaled(vector, vectors[i], -Dot(vector, vectors[i]));
                }
            }

            double norm = Math.Sqrt(Dot(vector, vector));
            foreach (ref double element in vector.AsSpan())
            {
                element /= norm;
            }
        }

        private static double Dot(double[] a, double[] b)
        {
            double sum = 0;
            for (int i = 0; i < a.Length; i++)
            {
                sum += a[i] * b[i];
            }

            return sum;
        }

        private static void AddScaled(double[] sum, double[] other, double factor)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += factor * other[i];
            }
        }
    }
}
