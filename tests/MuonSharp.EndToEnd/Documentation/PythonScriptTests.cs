using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;
using MuonSharp.EndToEnd.Runs;

namespace MuonSharp.EndToEnd.Documentation;

/// <summary>The scripts below <c>samples/python</c>, where Python is. What one of them recorded with PyTorch is a golden case beside the others.</summary>
public class PythonScriptTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public void A_runs_weights_are_read_with_nothing_but_python()
    {
        ProcessResult result = Python("load_run.py", trained.Run);
        Assert.SkipWhen(result.ExitCode == 127, "no Python 3 here");
        string[] lines = result.Exits(0).Lines;
        Assert.Equal("step 10", lines[0]);
        Assert.Equal(Tensors(File.ReadAllBytes(RunFiles.Newest(trained.Run, "model.safetensors"))).Order(StringComparer.Ordinal), lines[1..].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_trace_is_recorded_with_PyTorch_where_it_is_and_followed()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.At("trace.safetensors");
        ProcessResult result = Python("record_trace.py", trace);
        Assert.SkipWhen(result.ExitCode == 127 || result.Error.Contains("No module named 'torch'", StringComparison.Ordinal), "no PyTorch here; the golden case recorded-by-script is what it wrote elsewhere");
        result.Exits(0);
        Tool.Run("replay", trace).Exits(0);
    }

    private static ProcessResult Python(string script, string argument)
    {
        // The system's Python before another one: packages of the system, such as PyTorch, are for it.
        string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        using var running = new RunningProcess("/usr/bin/env", [python, Path.Combine(Repository.Root, "samples", "python", script), argument], null, null);
        return running.Wait();
    }

    /// <summary>Name, shape and root mean square of every tensor, as the script prints them.</summary>
    private static IEnumerable<string> Tensors(byte[] file)
    {
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        foreach ((string name, JsonNode? entry) in JsonNode.Parse(file.AsSpan(8, header))!.AsObject().Where(entry => entry.Key != "__metadata__"))
        {
            int[] offsets = [.. entry!["data_offsets"]!.AsArray().Select(offset => (int)offset!)];
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(file.AsSpan(8 + header)[offsets[0]..offsets[1]]);
            double squares = 0;
            foreach (float value in values) squares += (double)value * value;
            string shape = string.Join('x', entry["shape"]!.AsArray().Select(size => ((int)size!).ToString(CultureInfo.InvariantCulture)));
            yield return $"{name} {shape} {Math.Sqrt(squares / values.Length).ToString("G6", CultureInfo.InvariantCulture)}";
        }
    }
}
