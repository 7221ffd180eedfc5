using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The keys of a muon group that say what makes its direction orthogonal.</summary>
internal static class TraceOrthogonalizer
{
    private const string OwnSet = "own";
    private const int TripleLength = 3;

    private static readonly Dictionary<string, NewtonSchulz> s_sets = Orthogonalizers.All.OfType<NewtonSchulz>()
        .ToDictionary(iteration => iteration.Set, StringComparer.Ordinal);

    /// <summary><c>orthogonalizer</c>: a registered name. One of the preset's own coefficients keeps the preset's epsilon.</summary>
    public static MuonOptions ByName(MuonOptions options, TraceValue value)
    {
        IOrthogonalizer named = value.Choice(Orthogonalizers.All.ToDictionary(orthogonalizer => orthogonalizer.Name, StringComparer.Ordinal));
        return options with
        {
            Orthogonalizer = named is NewtonSchulz other && options.Orthogonalizer is NewtonSchulz own && Repeats(own, other.Steps[0]) && Repeats(other, own.Steps[0])
                ? own.WithSteps(other.Steps.Length)
                : named,
        };
    }

    /// <summary><c>coefficients</c>: the name of a set, a triple for every step, or a list of triples, one a step. The preset's epsilon stays; what a
    /// set multiplies the norm by belongs to the set.</summary>
    public static MuonOptions WithCoefficients(MuonOptions options, TraceValue value)
    {
        NewtonSchulz own = Iteration(options, value);
        if (!value.IsList)
        {
            NewtonSchulz named = value.Choice(s_sets);
            return options with { Orthogonalizer = named.WithEpsilon(own.Epsilon).WithFloor(own.Floor) };
        }

        ImmutableArray<QuinticCoefficients> steps = value.Items() is { Count: > 0 } items && items[0].IsList
            ? [.. items.Select(Triple)]
            : [.. Enumerable.Repeat(Triple(value), own.Steps.Length)];
        return Checked(options, value, () => new NewtonSchulz(OwnSet, steps, own.Epsilon, own.NormFactor, own.Floor));
    }

    /// <summary><c>steps_per_orthogonalization</c>: how often the same triple is applied.</summary>
    public static MuonOptions WithSteps(MuonOptions options, TraceValue value)
    {
        NewtonSchulz own = Iteration(options, value);
        int steps = value.Whole(1);
        return Checked(options, value, () => own.WithSteps(steps));
    }

    private static bool Repeats(NewtonSchulz iteration, QuinticCoefficients triple) => iteration.Steps.All(step => step == triple);

    private static NewtonSchulz Iteration(MuonOptions options, TraceValue value) => options.Orthogonalizer as NewtonSchulz
        ?? throw value.Error($"the key belongs to Newton-Schulz; the orthogonalizer is '{options.Orthogonalizer.Name}'");

    private static MuonOptions Checked(MuonOptions options, TraceValue value, Func<IOrthogonalizer> make)
    {
        try
        {
            return options with { Orthogonalizer = make() };
        }
        catch (ArgumentException error)
        {
            throw value.Error(error.Message);
        }
    }

    private static QuinticCoefficients Triple(TraceValue value)
    {
        double[] numbers = [.. value.Items().Select(item => item.Number())];
        value.Require(numbers.Length == TripleLength, $"a step has {TripleLength} coefficients; {numbers.Length} came");
        return new QuinticCoefficients(numbers[0], numbers[1], numbers[2]);
    }
}
