using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>How fast each pair of a head's columns turns. Two with equal numbers are equal, and share one table on a tape.</summary>
public sealed class RotaryFrequencies : IEquatable<RotaryFrequencies>
{
    /// <summary>Base of the frequencies in llama.</summary>
    public const double DefaultBase = 10000;

    /// <summary>Takes numbers as they are: those of a scaled context, for example.</summary>
    /// <param name="radians">Angle of each pair from one position to the next.</param>
    /// <param name="magnitude">Factor of all that is turned, yarn's for example; default 1.</param>
    /// <exception cref="ArgumentException">There is none, or a number is not finite.</exception>
    public RotaryFrequencies(ImmutableArray<double> radians, double magnitude = 1)
    {
        Rule.Check(!radians.IsDefaultOrEmpty, $"[rotary] there is at least one pair to turn; none came");
        Rule.Check(
            radians.All(double.IsFinite) && double.IsFinite(magnitude),
            $"[rotary] frequencies and magnitude are finite; {string.Join(' ', radians)}, magnitude {magnitude}");
        (Radians, Magnitude) = (radians, magnitude);
    }

    /// <summary>Angle of each pair from one position to the next.</summary>
    public ImmutableArray<double> Radians { get; }

    /// <summary>Factor of all that is turned.</summary>
    public double Magnitude { get; }

    /// <summary>Columns of a head that turn, two for each frequency.</summary>
    public int Width => 2 * Radians.Length;

    /// <summary>frequencyBase^(-2i/width) for pair i.</summary>
    /// <param name="width">Columns that turn, even.</param>
    /// <param name="frequencyBase">The base, positive; default 10000.</param>
    /// <returns>The frequencies, the same bits on every machine.</returns>
    /// <exception cref="ArgumentException">The width is odd or the base not positive.</exception>
    public static RotaryFrequencies Powers(int width, double frequencyBase = DefaultBase)
    {
        Rule.Check(width > 0 && width % 2 == 0, $"[rotary] an even number of columns turns; {width}");
        Rule.Check(frequencyBase > 0 && double.IsFinite(frequencyBase), $"[rotary] the base is positive; {frequencyBase}");
        return new([.. Enumerable.Range(0, width / 2).Select(i => PortablePower.Of(frequencyBase, -2.0 * i / width))]);
    }

    /// <inheritdoc/>
    public bool Equals(RotaryFrequencies? other) =>
        other is not null && Magnitude.Equals(other.Magnitude) && Radians.AsSpan().SequenceEqual(other.Radians.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RotaryFrequencies);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Width, Radians[^1], Magnitude);
}

/// <summary>Cosines and sines of the angles of all positions, [positions, pairs] each, computed in double precision once: one table for all the rotations
/// of a tape that turn alike.</summary>
internal sealed unsafe class RotaryTable
{
    private readonly RotaryFrequencies _frequencies;
    private readonly int _positions;
    private TapeBuffer? _cosines;
    private TapeBuffer? _sines;
    private bool _filled;

    private RotaryTable(int positions, RotaryFrequencies frequencies) => (_positions, _frequencies) = (positions, frequencies);

    public float* Cosines => _cosines!.Pointer;

    public float* Sines => _sines!.Pointer;

    /// <summary>The tape's table for these frequencies: that of another rotation, if one turns alike.</summary>
    public static RotaryTable Of(Tape tape, int positions, RotaryFrequencies frequencies)
    {
        foreach (Operation operation in tape.Operations)
        {
            if (operation is RotaryOperation { Table: { } table } && table._positions == positions && table._frequencies.Equals(frequencies))
            {
                return table;
            }
        }

        return new RotaryTable(positions, frequencies);
    }

    /// <summary>Declares the memory, where no other rotation has.</summary>
    public void Declare(OperationPlan plan)
    {
        _cosines ??= plan.Constant("cosines", (long)_positions * _frequencies.Radians.Length);
        _sines ??= plan.Constant("sines", (long)_positions * _frequencies.Radians.Length);
    }

    /// <summary>Computes it, where no other rotation has.</summary>
    public void Fill()
    {
        int pairs = _frequencies.Radians.Length;
        for (int i = 0; i < pairs && !_filled; i++)
        {
            double turns = _frequencies.Radians[i] / (2 * Math.PI);
            for (int position = 0; position < _positions; position++)
            {
                (double sine, double cosine) = PortableMath.SinCosTurns(position * turns);
                Cosines[((long)position * pairs) + i] = (float)(_frequencies.Magnitude * cosine);
                Sines[((long)position * pairs) + i] = (float)(_frequencies.Magnitude * sine);
            }
        }

        _filled = true;
    }
}
