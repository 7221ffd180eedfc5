using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Doctor;

/// <summary><c>muonsharp doctor</c>: what this machine offers.</summary>
internal static class DoctorCommand
{
    private const double Gigabyte = 1 << 30;

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var json = CommonOptions.Json();
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
