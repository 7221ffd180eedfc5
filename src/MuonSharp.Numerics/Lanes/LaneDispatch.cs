using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>A kernel that is written once for all vector widths: a struct of pointers and sizes with a body generic over lanes.</summary>
public interface ILaneKernel
{
    /// <summary>The body.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct;
}

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
}

/// <summary>The vector width that kernels use on this machine.</summary>
/// <remarks>The environment variable <c>MUONSHARP_VECTOR_BITS</c> (512, 256, 128 or 0) caps it; results have the same bits for every
/// width that has fused multiply-adds.</remarks>
public static class VectorWidth
{
    /// <summary>Name of the environment variable that caps the width.</summary>
    public const string Variable = "MUONSHARP_VECTOR_BITS";

    /// <summary>Whether the machine has fused multiply-adds. Without them results are right, but not the same bits.</summary>
    public static bool HasFusedMultiplyAdd => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>Bits of the vectors in use: 512, 256 or 128; 0 is the scalar path.</summary>
    public static int Bits { get; } = Math.Min(Available(), Cap());

    private static int Available()
    {
        // Vector512.IsHardwareAccelerated is false on processors that lower their clock for 512 bits; the products gain all the same.
        if (Avx512F.IsSupported && Avx512DQ.IsSupported)
        {
            return 512;
        }

        if (Avx2.IsSupported && Fma.IsSupported)
        {
            return 256;
        }

        return Vector128.IsHardwareAccelerated ? 128 : 0;
    }

    private static int Cap() =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            ? bits switch { >= 512 => 512, >= 256 => 256, >= 128 => 128, _ => 0 }
            : int.MaxValue;
}
