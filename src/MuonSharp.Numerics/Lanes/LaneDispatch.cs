using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Runs a kernel with the vectors that this machine has.</summary>
public static class LaneDispatch
{
    /// <summary>Number of lanes of every width.</summary>
    public const int Count = 16;

    /// <summary>Runs a kernel on the calling thread.</summary>
    /// <typeparam name="TKernel">The kernel's type.</typeparam>
    /// <param name="kernel">The kernel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TKernel>(ref TKernel kernel)
        where TKernel : struct, ILaneKernel
    {
        if (VectorWidth.Bits == 512)
        {
            kernel.Run<Lanes512, Vector512<float>>();
        }
        else if (VectorWidth.Bits == 256)
        {
            kernel.Run<Lanes256, VectorPair>();
        }
        else
        {
            kernel.Run<Lanes128, VectorQuad>();
        }
    }

    /// <summary>Reads up to sixteen floats and fills the other lanes.</summary>
    /// <typeparam name="TLanes">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="TVector">The registers that hold them.</typeparam>
    /// <param name="source">Address of the first.</param>
    /// <param name="count">How many, 0 to 16.</param>
    /// <param name="fill">Value of the lanes beyond.</param>
    /// <returns>The lanes.</returns>
    public static unsafe TVector LoadPart<TLanes, TVector>(float* source, int count, float fill = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var part = stackalloc float[Count];
        new Span<float>(part, Count).Fill(fill);
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(part, Count));
        return TLanes.Load(part);
    }

    /// <summary>Writes the first lanes only.</summary>
    /// <typeparam name="TLanes">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="TVector">The registers that hold them.</typeparam>
    /// <param name="destination">Address of the first.</param>
    /// <param name="value">The lanes.</param>
    /// <param name="count">How many, 0 to 16.</param>
    public static unsafe void StorePart<TLanes, TVector>(float* destination, TVector value, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var part = stackalloc float[Count];
        TLanes.Store(part, value);
        new ReadOnlySpan<float>(part, count).CopyTo(new Span<float>(destination, count));
    }
}
