using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>How a stored tensor is matrices: which axis is the fan-out, and which ranges of it are matrices of their own.</summary>
/// <remarks>
/// <para>The tensor is read as [first axis, all other axes]: a convolution filter [out, in, kh, kw] is one [out, in·kh·kw] matrix. With
/// <see cref="PerExpert"/> the first axis counts independent tensors instead: [experts, out, in].</para>
/// <para>Orthogonalization, learning-rate factors and per-head rules all read this; nothing else knows how a weight is split.
/// A fused tensor steps exactly as its parts would, stored alone.</para>
/// </remarks>
public sealed class MatrixLayout
{
    private MatrixLayout(MatrixOrientation orientation, ImmutableArray<MatrixPart> parts)
    {
        Orientation = orientation;
        Parts = parts;
    }

    /// <summary>One matrix stored [out, in].</summary>
    public static MatrixLayout OutIn { get; } = new(MatrixOrientation.OutIn, []);

    /// <summary>One matrix stored [in, out].</summary>
    public static MatrixLayout InOut { get; } = new(MatrixOrientation.InOut, []);

    /// <summary>Whether the first stored axis is the fan-out or the fan-in.</summary>
    public MatrixOrientation Orientation { get; }

    /// <summary>Whether the first axis counts experts, each a tensor of its own.</summary>
    public bool SplitsExperts { get; private init; }

    /// <summary>Whether every head of a part is a matrix of its own.</summary>
    public bool SplitsHeads { get; private init; }

    /// <summary>The parts in the order in which they lie along the fan-out; empty when the tensor is one matrix.</summary>
    public ImmutableArray<MatrixPart> Parts { get; }

    /// <summary>The same orientation, split along the fan-out.</summary>
    /// <param name="parts">The parts in order; their fan-outs sum to the tensor's.</param>
    /// <exception cref="ArgumentException">A part is empty, unnamed, named twice, or its heads do not divide it.</exception>
    public MatrixLayout Split(params ReadOnlySpan<MatrixPart> parts)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (MatrixPart part in parts)
        {
            if (part.FanOut < 1 || part.Heads < 0 || (part.Heads > 0 && part.FanOut % part.Heads != 0) || part.Name.Length == 0 || !names.Add(part.Name))
            {
                throw new ArgumentException("[matrix layout] a part has a name of its own, a fan-out >= 1 and heads that divide it; "
                    + $"'{part.Name}' has fan-out {part.FanOut} and {part.Heads} heads");
            }
        }

        return new MatrixLayout(Orientation, [.. parts]) { SplitsExperts = SplitsExperts, SplitsHeads = SplitsHeads };
    }

    /// <summary>The same layout for each tensor of a stack [experts, ...]: experts that share a tensor step as if each had its own.</summary>
    public MatrixLayout PerExpert() => new(Orientation, Parts) { SplitsExperts = true, SplitsHeads = SplitsHeads };

    /// <summary>The same layout with every head of every part as a matrix of its own; parts without heads stay whole. <see cref="Head"/> is unchanged.</summary>
    public MatrixLayout PerHead() => new(Orientation, Parts) { SplitsExperts = SplitsExperts, SplitsHeads = true };

    /// <summary>The matrices of a tensor of that shape, in the order of the parts.</summary>
    /// <param name="shape">The stored shape, at least two axes.</param>
    /// <exception cref="ArgumentException">The shape has fewer than two axes, or the parts do not cover the fan-out.</exception>
    public ImmutableArray<MatrixSlice> Matrices(ImmutableArray<int> shape)
    {
        Check("tensor", shape);
        (int experts, int rows, int columns) = Flatten(shape);
        ImmutableArray<MatrixSlice>.Builder slices = ImmutableArray.CreateBuilder<MatrixSlice>();
        for (int expert = 0; expert < experts; expert++)
        {
            int offset = expert * rows * columns;
            string prefix = SplitsExperts ? $"{expert}" : string.Empty;
            if (Parts.IsEmpty)
            {
                slices.Add(new MatrixSlice(prefix, offset, rows, columns, columns, Orientation));
            }

            int start = 0;
            foreach (MatrixPart part in Parts)
            {
                int pieces = SplitsHeads && part.Heads > 0 ? part.Heads : 1;
                int size = part.FanOut / pieces;
                for (int piece = 0; piece < pieces; piece++, start += size)
                {
                    string name = (prefix.Length == 0 ? part.Name : $"{prefix}.{part.Name}") + (pieces == 1 ? string.Empty : $".{piece}");
                    slices.Add(Orientation == MatrixOrientation.OutIn
                        ? new MatrixSlice(name, offset + (start * columns), size, columns, columns, Orientation)
                        : new MatrixSlice(name, offset + start, rows, size, columns, Orientation));
                }
            }
        }

        return slices.DrainToImmutable();
    }

    /// <summary>The outputs of one head of a part.</summary>
    /// <param name="part">The part's name.</param>
    /// <param name="head">The head's number within the part, from 0.</param>
    /// <exception cref="ArgumentException">There is no such part or head.</exception>
    public HeadRange Head(string part, int head)
    {
        int start = 0;
        foreach (MatrixPart candidate in Parts)
        {
            if (string.Equals(candidate.Name, part, StringComparison.Ordinal) && (uint)head < (uint)candidate.Heads)
            {
                int size = candidate.FanOut / candidate.Heads;
                return new HeadRange(start + (head * size), size);
            }

            start += candidate.FanOut;
        }

        throw new ArgumentException($"[matrix layout] a head belongs to a part of the layout; part '{part}', head {head}");
    }

    internal void Check(string name, ImmutableArray<int> shape)
    {
        if (shape.Length < (SplitsExperts ? 3 : 2))
        {
            throw new ArgumentException(
                $"[matrix layout] a matrix has at least two axes, a stack of experts three; '{name}' is {Parameter.ShapeText(shape)}");
        }

        (_, int rows, int columns) = Flatten(shape);
        int fanOut = Orientation == MatrixOrientation.OutIn ? rows : columns;
        if (!Parts.IsEmpty && Parts.Sum(p => (long)p.FanOut) != fanOut)
        {
            throw new ArgumentException($"[matrix layout] the parts cover the fan-out of {fanOut}; '{name}' {Parameter.ShapeText(shape)} is split into "
                + string.Join(", ", Parts.Select(p => $"{p.Name} {p.FanOut}")));
        }
    }

    private (int Experts, int Rows, int Columns) Flatten(ImmutableArray<int> shape)
    {
        int first = SplitsExperts ? 1 : 0;
        int columns = 1;
        for (int axis = first + 1; axis < shape.Length; axis++)
        {
            columns = checked(columns * shape[axis]);
        }

        return (SplitsExperts ? shape[0] : 1, shape[first], columns);
    }
}

/// <summary>Which axis of a stored matrix is the fan-out.</summary>
public enum MatrixOrientation
{
    /// <summary>Stored [out, in], as torch's linear layers and llama models are: y = W x.</summary>
    OutIn,

    /// <summary>Stored [in, out], as GPT-2's Conv1D and most of JAX are: y = x W.</summary>
    InOut,
}
