using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Transposition of matrices in registers: sixteen rows by sixteen columns at a time, or four by four.</summary>
public static unsafe class Transposition
{
    /// <summary>Rows and columns of a <see cref="SquareBlock"/>.</summary>
    internal const int Square = 16;

    /// <summary>Whether the machine can interleave registers.</summary>
    internal static bool IsAccelerated => Sse.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>destination[j, i] = source[i, j] for a matrix of any size.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="sourceStride">Floats between rows of the source.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="destination">Out: element (0, 0); columns are adjacent.</param>
    /// <param name="destinationStride">Floats between rows of the destination.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
    {
        (int wholeRows, int wholeColumns) = Avx512F.IsSupported ? (rows / Square * Square, columns / Square * Square) : (0, 0);
        for (int i = 0; i < wholeRows; i += Square)
        {
            for (int j = 0; j < wholeColumns; j += Square)
            {
                SquareBlock(source + (i * sourceStride) + j, sourceStride, destination + (j * destinationStride) + i, destinationStride);
            }
        }

        Small(source + wholeColumns, sourceStride, wholeRows, columns - wholeColumns, destination + (wholeColumns * destinationStride), destinationStride);
        Small(source + (wholeRows * sourceStride), sourceStride, rows - wholeRows, columns, destination + wholeRows, destinationStride);
    }

    /// <summary>destination[j, i] = source[i, j] for i and j below <see cref="Square"/>: every line is read once and written once, so that it does not matter whether rows
    /// are a power of two apart and share a set of the nearest cache.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="sourceStride">Floats between rows of the source.</param>
    /// <param name="destination">Out: element (0, 0); columns are adjacent.</param>
    /// <param name="destinationStride">Floats between rows of the destination.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SquareBlock(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        if (!Avx512F.IsSupported)
        {
            Small(source, sourceStride, Square, Square, destination, destinationStride);
            return;
        }

        nint rows = 4 * sourceStride;
        (Vector512<float> a0, Vector512<float> a1, Vector512<float> a2, Vector512<float> a3) = FourRows(source, sourceStride);
        (Vector512<float> b0, Vector512<float> b1, Vector512<float> b2, Vector512<float> b3) = FourRows(source + rows, sourceStride);
        (Vector512<float> c0, Vector512<float> c1, Vector512<float> c2, Vector512<float> c3) = FourRows(source + (2 * rows), sourceStride);
        (Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<float> d3) = FourRows(source + (3 * rows), sourceStride);
        FourColumns(a0, b0, c0, d0, destination, destinationStride);
        FourColumns(a1, b1, c1, d1, destination + destinationStride, destinationStride);
        FourColumns(a2, b2, c2, d2, destination + (2 * destinationStride), destinationStride);
        FourColumns(a3, b3, c3, d3, destination + (3 * destinationStride), destinationStride);
    }

    /// <summary>The columns of four rows by four columns.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="c0">Out: column 0.</param>
    /// <param name="c1">Out: column 1.</param>
    /// <param name="c2">Out: column 2.</param>
    /// <param name="c3">Out: column 3.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void FourByFour(float* source, nint stride, out Vector128<float> c0, out Vector128<float> c1, out Vector128<float> c2, out Vector128<float> c3)
    {
        var r0 = Vector128.Load(source);
        var r1 = Vector128.Load(source + stride);
        var r2 = Vector128.Load(source + (2 * stride));
        var r3 = Vector128.Load(source + (3 * stride));

        // Pairs of rows 0 and 2, 1 and 3 interleaved; interleaving these again gives the columns.
        Vector128<float> low02 = InterleaveLow(r0, r2);
        Vector128<float> low13 = InterleaveLow(r1, r3);
        Vector128<float> high02 = InterleaveHigh(r0, r2);
        Vector128<float> high13 = InterleaveHigh(r1, r3);
        (c0, c1) = (InterleaveLow(low02, low13), InterleaveHigh(low02, low13));
        (c2, c3) = (InterleaveLow(high02, high13), InterleaveHigh(high02, high13));
    }

    /// <summary>The columns of eight rows by four columns: each register holds a part of a row and of the fourth row behind it.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="c0">Out: column 0.</param>
    /// <param name="c1">Out: column 1.</param>
    /// <param name="c2">Out: column 2.</param>
    /// <param name="c3">Out: column 3.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EightByFour(float* source, nint stride, out Vector256<float> c0, out Vector256<float> c1, out Vector256<float> c2, out Vector256<float> c3)
    {
        float* fourth = source + (4 * stride);
        var r0 = Vector256.Create(Vector128.Load(source), Vector128.Load(fourth));
        var r1 = Vector256.Create(Vector128.Load(source + stride), Vector128.Load(fourth + stride));
        var r2 = Vector256.Create(Vector128.Load(source + (2 * stride)), Vector128.Load(fourth + (2 * stride)));
        var r3 = Vector256.Create(Vector128.Load(source + (3 * stride)), Vector128.Load(fourth + (3 * stride)));
        Vector256<float> low02 = Avx.UnpackLow(r0, r2);
        Vector256<float> low13 = Avx.UnpackLow(r1, r3);
        Vector256<float> high02 = Avx.UnpackHigh(r0, r2);
        Vector256<float> high13 = Avx.UnpackHigh(r1, r3);
        (c0, c1) = (Avx.UnpackLow(low02, low13), Avx.UnpackHigh(low02, low13));
        (c2, c3) = (Avx.UnpackLow(high02, high13), Avx.UnpackHigh(high02, high13));
    }

    private static void Small(float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
    {
        (int wholeRows, int wholeColumns) = IsAccelerated ? (rows & ~3, columns & ~3) : (0, 0);
        int i = 0;
        for (; Avx.IsSupported && i <= wholeRows - 8; i += 8)
        {
            for (int j = 0; j < wholeColumns; j += 4)
            {
                float* to = destination + (j * destinationStride) + i;
                EightByFour(source + (i * sourceStride) + j, sourceStride, out Vector256<float> c0, out Vector256<float> c1, out Vector256<float> c2, out Vector256<float> c3);
                c0.Store(to);
                c1.Store(to + destinationStride);
                c2.Store(to + (2 * destinationStride));
                c3.Store(to + (3 * destinationStride));
            }
        }

        for (; i < wholeRows; i += 4)
        {
            for (int j = 0; j < wholeColumns; j += 4)
            {
                float* to = destination + (j * destinationStride) + i;
                FourByFour(source + (i * sourceStride) + j, sourceStride, out Vector128<float> c0, out Vector128<float> c1, out Vector128<float> c2, out Vector128<float> c3);
                c0.Store(to);
                c1.Store(to + destinationStride);
                c2.Store(to + (2 * destinationStride));
                c3.Store(to + (3 * destinationStride));
            }
        }

        for (i = 0; i < rows; i++)
        {
            for (int j = i < wholeRows ? wholeColumns : 0; j < columns; j++)
            {
                destination[(j * destinationStride) + i] = source[(i * sourceStride) + j];
            }
        }
    }

    /// <summary>Of four rows of sixteen: result q holds, in its quarter l, column 4 l + q of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Q0, Vector512<float> Q1, Vector512<float> Q2, Vector512<float> Q3) FourRows(float* source, nint stride)
    {
        var r0 = Vector512.Load(source);
        var r1 = Vector512.Load(source + stride);
        var r2 = Vector512.Load(source + (2 * stride));
        var r3 = Vector512.Load(source + (3 * stride));
        Vector512<float> low02 = Avx512F.UnpackLow(r0, r2);
        Vector512<float> low13 = Avx512F.UnpackLow(r1, r3);
        Vector512<float> high02 = Avx512F.UnpackHigh(r0, r2);
        Vector512<float> high13 = Avx512F.UnpackHigh(r1, r3);
        return (Avx512F.UnpackLow(low02, low13), Avx512F.UnpackHigh(low02, low13), Avx512F.UnpackLow(high02, high13), Avx512F.UnpackHigh(high02, high13));
    }

    /// <summary>Row 4 l of the destination is made of the quarters l of four vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourColumns(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* destination, nint stride)
    {
        // 0x44 takes quarters 0 and 1 of both operands, 0xEE 2 and 3; 0x88 takes 0 and 2, 0xDD 1 and 3.
        Vector512<float> lowAB = Avx512F.Shuffle4x128(a, b, 0x44);
        Vector512<float> lowCD = Avx512F.Shuffle4x128(c, d, 0x44);
        Vector512<float> highAB = Avx512F.Shuffle4x128(a, b, 0xEE);
        Vector512<float> highCD = Avx512F.Shuffle4x128(c, d, 0xEE);
        Avx512F.Shuffle4x128(lowAB, lowCD, 0x88).Store(destination);
        Avx512F.Shuffle4x128(lowAB, lowCD, 0xDD).Store(destination + (4 * stride));
        Avx512F.Shuffle4x128(highAB, highCD, 0x88).Store(destination + (8 * stride));
        Avx512F.Shuffle4x128(highAB, highCD, 0xDD).Store(destination + (12 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveLow(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveHigh(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
