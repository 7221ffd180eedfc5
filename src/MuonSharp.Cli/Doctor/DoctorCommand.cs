using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Distributed;
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
        Option<bool> mpi = new("--mpi") { Description = "Start two ranks with the launcher of the MPI that was found, and measure how fast they talk." };
        Option<string?> probe = new(MpiProbe.Option) { Hidden = true };
        var command = new Command("doctor", "Shows what this machine offers: cores, vector width, memory, runtime, MPI.") { mpi, json, probe };
        command.SetAction(parsed => parsed.GetValue(probe) is { } part ? MpiProbe.Run(part) : Run(parsed.GetValue(mpi), parsed.GetValue(json)));
        return new(command, ["muonsharp doctor", "muonsharp doctor --mpi", "muonsharp doctor --json"]);
    }

    private static int Run(bool test, bool json)
    {
        var machine = Machine.Look();
        var mpi = MpiSearch.Look();
        MpiTest? result = test ? mpi.Test() : null;
        if (json)
        {
            JsonLines.Write(Json(machine, mpi, result));
        }
        else
        {
            new Terminal(TerminalMode.Detect()).Columns(Rows(machine, mpi, result), Style.Label);
        }

        return result?.Problem is { } problem ? ErrorReport.Write(ExitCode.MissingEnvironment, $"[mpi] two ranks must find each other; {problem}") : ExitCode.Done;
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(Machine machine, MpiSearch mpi, MpiTest? test)
    {
        yield return ["muonsharp", Product.Version];
        yield return ["processor", machine.Processor];
        yield return ["cores", machine.Cores.ToString(CultureInfo.InvariantCulture)];
        yield return ["vectors", $"{machine.Vectors} ({string.Join(", ", machine.InstructionSets)})"];
        yield return ["memory", $"{machine.MemoryBytes / Gigabyte:F1} GiB"];
        yield return ["runtime", machine.Runtime];
        yield return ["system", machine.System];
        yield return ["MPI", mpi.Description];
        yield return ["launcher", Launcher.Detect() is { } launcher ? $"{launcher.Name}, {launcher.Size?.ToString(CultureInfo.InvariantCulture) ?? "several"} ranks" : "none: this process was started by itself"];
        if (test is not null)
        {
            yield return ["two ranks", test.Description];
        }
    }

    private static JsonObject Json(Machine machine, MpiSearch mpi, MpiTest? test) => new()
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
        ["mpi"] = new JsonObject
        {
            ["version"] = mpi.Found,
            ["library"] = mpi.Library,
            ["threads"] = mpi.Threads,
            ["tried"] = new JsonArray([.. mpi.Tried.Select(name => (JsonNode)name)]),
            ["problem"] = mpi.Problem,
        },
        ["launcher"] = Launcher.Detect()?.Name,
        ["mpi_test"] = test is null ? null : new JsonObject
        {
            ["launcher"] = test.Launcher,
            ["latency_microseconds"] = test.Problem is null ? test.LatencyMicroseconds : null,
            ["gigabytes_per_second"] = test.Problem is null ? test.GigabytesPerSecond : null,
            ["problem"] = test.Problem,
        },
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
