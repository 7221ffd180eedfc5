using System.Collections.Immutable;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>First values that are made of others.</summary>
public static class DerivedInitializers
{
    /// <summary>Filters of which the first min(out, in) pass their channel through: 1 at the middle of the window, 0 elsewhere. The rest of the filters have other first values.</summary>
    /// <remarks>Torch's <c>dirac_</c> on the first filters. Source: S. Zagoruyko and N. Komodakis, "DiracNets", arXiv:1706.00388.</remarks>
    /// <param name="others">First values of the other filters; they are drawn for all, so that a filter's do not depend on how many pass through.</param>
    public static Initializer Dirac(Initializer others) => new DiracInitializer(others);

    /// <summary>Other first values over their standard deviation (of n - 1): a deviation of 1 whatever their scale.</summary>
    /// <param name="values">The other first values, at least two and not all the same.</param>
    public static Initializer UnitDeviation(Initializer values) => new UnitInitializer(values);

    private sealed class DiracInitializer(Initializer others) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream)
        {
            others.Fill(parameter, stream);
            ImmutableArray<int> shape = parameter.Shape;
            Rule.Check(shape.Length == 4, $"[initializer] filters are [out, in, height, width]; {parameter}");
            int window = shape[2] * shape[3], filter = shape[1] * window, middle = (shape[2] / 2 * shape[3]) + (shape[3] / 2);
            Span<float> weights = parameter.Weights.Span;
            for (int i = 0; i < Math.Min(shape[0], shape[1]); i++)
            {
                weights.Slice(i * filter, filter).Clear();
                weights[(i * filter) + (i * window) + middle] = 1;
            }
        }
    }

    private sealed class UnitInitializer(Initializer values) : Initializer
    {
        public override void Fill(Parameter parameter, RandomStream stream)
        {
            values.Fill(parameter, stream);
            double sum = 0, squares = 0;
            foreach (float weight in parameter.Weights.Span)
            {
                sum += weight;
            }

            double mean = sum / parameter.Length;
            foreach (float weight in parameter.Weights.Span)
            {
                squares += (weight - mean) * (weight - mean);
            }

            double deviation = Math.Sqrt(squares / (parameter.Length - 1));
            Rule.Check(deviation > 0, $"[initializer] values that are to have a deviation of 1 are not all the same; {parameter}");
            foreach (ref float weight in parameter.Weights.Span)
            {
                weight = (float)(weight / deviation);
            }
        }
    }
}
