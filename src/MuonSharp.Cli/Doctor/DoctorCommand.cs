using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;
using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Cli.Doctor;

/// <summary><c>muonsharp doctor</c>: what this machine offers.</summary>
internal static class DoctorCommand
{
    private const double Gigabyte = 1 << 30;

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        Option<bool> json = CommonOptions.Json();
        var command = new Command("doctor", "Shows what this machine offers: cores, vector width, memory, runtime.") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return new(command, ["muonsharp doctor", "muonsharp doctor --json"]);
    }

    private static int Run(bool json)
    {
        var machine = Machine.Look();
        if (json)
        {
            JsonLines.Write(Json(machine));
            return ExitCode.Done;
        }

        new Terminal(TerminalMode.Detect()).Columns(Rows(machine), Style.Label);
        return ExitCode.Done;
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(Machine machine)
    {
        yield return ["muonsharp", Product.Version];
        yield return ["processor", machine.Processor];
        yield return ["cores", machine.Cores.ToString(CultureInfo.InvariantCulture)];
        yield return ["vectors", $"{machine.Vectors} ({string.Join(", ", machine.InstructionSets)})"];
        yield return ["memory", $"{machine.MemoryBytes / Gigabyte:F1} GiB"];
        yield return ["runtime", machine.Runtime];
        yield return ["system", machine.System];
    }

    private static JsonObject Json(Machine machine) => new()
    {
        ["kind"] = "doctor",
        ["version"] = Product.Version,
        ["processor"] = machine.Processor,
        ["cores"] = machine.Cores,
        ["vector_bits"] = machine.VectorBits,
        ["instruction_sets"] = new JsonArray([.. machine.InstructionSets.Select(set => (JsonNode)set)]),
        ["memory_bytes"] = machine.MemoryBytes,
        ["runtime"] = machine.Runtime,
        ["system"] = machine.System,
    };
}

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
