using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>How a stored tensor is matrices: which axis is the fan-out, and which ranges of it are matrices of their own.</summary>
/// <remarks>
/// <para>The tensor is read as [first axis, all other axes]: a convolution filter [out, in, kh, kw] is one [out, in·kh·kw] matrix.</para>
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

        return new MatrixLayout(Orientation, [.. parts]);
    }

    /// <summary>The matrices of a tensor of that shape, in the order of the parts.</summary>
    /// <param name="shape">The stored shape, at least two axes.</param>
    /// <exception cref="ArgumentException">The shape has fewer than two axes, or the parts do not cover the fan-out.</exception>
    public ImmutableArray<MatrixSlice> Matrices(ImmutableArray<int> shape)
    {
        Check("tensor", shape);
        (int rows, int columns) = Flatten(shape);
        if (Parts.IsEmpty)
        {
            return [new MatrixSlice(string.Empty, 0, rows, columns, columns, Orientation)];
        }

        ImmutableArray<MatrixSlice>.Builder slices = ImmutableArray.CreateBuilder<MatrixSlice>(Parts.Length);
        int start = 0;
        foreach (MatrixPart part in Parts)
        {
            slices.Add(Orientation == MatrixOrientation.OutIn
                ? new MatrixSlice(part.Name, start * columns, part.FanOut, columns, columns, Orientation)
                : new MatrixSlice(part.Name, start, rows, part.FanOut, columns, Orientation));
            start += part.FanOut;
        }

        return slices.MoveToImmutable();
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
        if (shape.Length < 2)
        {
            throw new ArgumentException($"[matrix layout] a matrix has at least two axes; '{name}' is {Parameter.ShapeText(shape)}");
        }

        (int rows, int columns) = Flatten(shape);
        int fanOut = Orientation == MatrixOrientation.OutIn ? rows : columns;
        if (!Parts.IsEmpty && Parts.Sum(p => (long)p.FanOut) != fanOut)
        {
            throw new ArgumentException($"[matrix layout] the parts cover the fan-out of {fanOut}; '{name}' {Parameter.ShapeText(shape)} is split into "
                + string.Join(", ", Parts.Select(p => $"{p.Name} {p.FanOut}")));
        }
    }

    private static (int Rows, int Columns) Flatten(ImmutableArray<int> shape)
    {
        int columns = 1;
        for (int axis = 1; axis < shape.Length; axis++)
        {
            columns = checked(columns * shape[axis]);
        }

        return (shape[0], columns);
    }
}
