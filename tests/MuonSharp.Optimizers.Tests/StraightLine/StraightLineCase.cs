using System.Globalization;

namespace MuonSharp.Optimizers.Tests;

/// <summary>A parameter and the gradients it gets.</summary>
/// <param name="Name">What is special about it.</param>
/// <param name="Shape">The stored shape.</param>
internal sealed record StraightLineCase(string Name, params int[] Shape)
{
    /// <summary>The size of a gradient's elements.</summary>
    public float Scale { get; init; } = 0.01f;

    /// <summary>The rank of a matrix of gradients, 0 for a full one.</summary>
    public int Rank { get; init; }

    /// <summary>Steps whose gradient is zero.</summary>
    public Func<int, bool> IsZero { get; init; } = static _ => false;

    /// <summary>Steps that have no gradient.</summary>
    public Func<int, bool> IsMissing { get; init; } = static _ => false;

    /// <summary>Whether the first axis is the fan-in.</summary>
    public bool InOut { get; init; }

    /// <summary>Whether every gradient has full rank and the first one counts: where a basis made from it is unique.</summary>
    public bool IsRegular => Rank == 0 && !IsZero(1);

    /// <summary>Everything that has gone wrong in an implementation of Muon somewhere, in small.</summary>
    public static IReadOnlyList<StraightLineCase> All { get; } =
    [
        new("square", 24, 24),
        new("tall", 48, 12),
        new("wide", 12, 48),
        new("odd", 37, 23),
        new("row", 1, 24),
        new("column", 24, 1),
        new("single", 1, 1),
        new("filters", 8, 4, 3, 3),
        new("flat filters", 6, 5, 1, 4),
        new("tall filters", 40, 3, 2, 2),
        new("in-out", 14, 31) { InOut = true },
        new("in-out tall", 31, 14) { InOut = true },
        new("deficient", 16, 28) { Rank = 4 },
        new("tiny", 20, 20) { Scale = 1e-8f },
        new("large", 20, 20) { Scale = 1e3f },
        new("zero", 9, 11) { IsZero = static _ => true },
        new("zero at first", 15, 15) { IsZero = static step => step <= 3 },
        new("zero in between", 14, 14) { IsZero = static step => step is > 4 and < 9 },
        new("missing at first", 13, 13) { IsMissing = static step => step == 1 },
        new("missing at times", 12, 12) { IsMissing = static step => step % 4 == 0 },
        new("missing always", 8, 8) { IsMissing = static _ => true },
        new("vector", 19),
        new("long vector", 40_000),
    ];

    public static StraightLineCase Of(string name) => All.Single(one => one.Name == name);

    /// <summary>The gradient of a step, null where it is missing.</summary>
    public float[]? Gradient(int step)
    {
        if (IsMissing(step))
        {
            return null;
        }

        float[] gradient = new float[Shape.Aggregate(1, static (product, size) => product * size)];
        if (IsZero(step))
        {
            return gradient;
        }

        if (Rank == 0)
        {
            TestModel.Fill("straight line/" + Name, step, gradient, Scale);
            return gradient;
        }

        int columns = gradient.Length / Shape[0];
        float[] left = new float[Shape[0] * Rank];
        float[] right = new float[Rank * columns];
        TestModel.Fill("straight line/left/" + Name, step, left, Scale);
        TestModel.Fill("straight line/right/" + Name, step, right, 1);
        double[] product = DoubleLoops.Product([.. left.Select(x => (double)x)], [.. right.Select(x => (double)x)], Shape[0], Rank, columns);
        return [.. product.Select(x => (float)x)];
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} [{string.Join(", ", Shape)}]");
}
