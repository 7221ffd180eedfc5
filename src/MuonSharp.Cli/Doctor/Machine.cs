using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Cli.Doctor;

/// <summary>The machine as the tool sees it.</summary>
/// <param name="Processor">The processor's own name.</param>
/// <param name="Cores">Logical cores that this process may use.</param>
/// <param name="VectorBits">Width of the vectors in use; 0 without fused multiply-add.</param>
/// <param name="InstructionSets">What the runtime may use of the processor.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="System">The operating system.</param>
internal sealed record Machine(
    string Processor, int Cores, int VectorBits, IReadOnlyList<string> InstructionSets, long MemoryBytes, string Runtime, string System)
{
    /// <summary>Looks around.</summary>
    public static Machine Look() => new(
        RunEnvironment.ProcessorName(),
        Environment.ProcessorCount,
        VectorWidth.Bits,
        Sets(),
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription,
        $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()})");

    /// <summary>The vectors in a few words.</summary>
    public string Vectors => VectorBits == 0 ? "no fused multiply-add (slow path)" : $"{VectorBits}-bit vectors";

    private static List<string> Sets()
    {
        (string Name, bool Supported)[] all =
        [
            ("AVX-512F", Avx512F.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("SSE4.2", Sse42.IsSupported), ("AdvSIMD", AdvSimd.IsSupported),
        ];
        return [.. all.Where(set => set.Supported).Select(set => set.Name)];
    }
}
