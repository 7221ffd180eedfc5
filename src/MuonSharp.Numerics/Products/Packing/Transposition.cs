using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Transposition of matrices, four rows by four columns at a time in registers.</summary>
public static unsafe class Transposition
{
    /// <summary>Whether the machine can interleave registers.</summary>
    internal static bool IsAccelerated => Sse.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>destination[j, i] = source[i, j] for a matrix of any size.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="sourceStride">Floats between rows of the source.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="destination">Out: element (0, 0); columns are adjacent.</param>
    /// <param name="destinationStride">Floats between rows of the destination.</param>
    public static void Copy(float* source, nint sourceStride, int rows, int columns, float* destination, nint destinationStride)
    {
        var (wholeRows, wholeColumns) = IsAccelerated ? (rows & ~3, columns & ~3) : (0, 0);
        for (var i = 0; i < wholeRows; i += 4)
        {
            var from = source + (i * sourceStride);
            var to = destination + i;
            for (var j = 0; j < wholeColumns; j += 4, from += 4, to += 4 * destinationStride)
            {
                FourByFour(from, sourceStride, to, destinationStride);
            }
        }

        for (var i = 0; i < rows; i++)
        {
            for (var j = i < wholeRows ? wholeColumns : 0; j < columns; j++)
            {
                destination[(j * destinationStride) + i] = source[(i * sourceStride) + j];
            }
        }
    }

    /// <summary>destination[j, i] = source[i, j] for i and j below 4.</summary>
    /// <param name="source">Element (0, 0); columns are adjacent.</param>
    /// <param name="sourceStride">Floats between rows of the source.</param>
    /// <param name="destination">Out: element (0, 0); columns are adjacent.</param>
    /// <param name="destinationStride">Floats between rows of the destination.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void FourByFour(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        var r0 = Vector128.Load(source);
        var r1 = Vector128.Load(source + sourceStride);
        var r2 = Vector128.Load(source + (2 * sourceStride));
        var r3 = Vector128.Load(source + (3 * sourceStride));

        // Pairs of rows 0 and 2, 1 and 3 interleaved; interleaving these again gives the columns.
        var low02 = InterleaveLow(r0, r2);
        var low13 = InterleaveLow(r1, r3);
        var high02 = InterleaveHigh(r0, r2);
        var high13 = InterleaveHigh(r1, r3);
        InterleaveLow(low02, low13).Store(destination);
        InterleaveHigh(low02, low13).Store(destination + destinationStride);
        InterleaveLow(high02, high13).Store(destination + (2 * destinationStride));
        InterleaveHigh(high02, high13).Store(destination + (3 * destinationStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveLow(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> InterleaveHigh(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
