using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace MuonSharp.Peers;

/// <summary>Runs a side in a process of its own, which ends before the other's begins.</summary>
/// <remarks>Two engines in one process would spin against each other: OpenMP's threads wait busily for some time after each product, and how they wait is read once, when libgomp is
/// loaded. A process each also gives each the memory as it finds it.</remarks>
internal sealed class Sides(PeerOptions options)
{
    /// <summary>Our side: what the tool's <c>bench</c> says of the work, or, of airbench94, this program.</summary>
    /// <param name="work">The work.</param>
    public OurTime Ours(Comparisons work)
    {
        if (PeerCase.Kind(work.Name) == "airbench94")
        {
            double before = Peak();
            JsonNode line = Own("ours", work.Name, quick: options.Quick, [], new("", new Dictionary<string, string>()));
            return new((double)line["milliseconds"]!, (double)line["flops"]!, Math.Max(before, Peak()));
        }

        string[] optimizer = work.Optimizer.Length > 0 ? ["--optimizer", work.Optimizer] : [];
        JsonNode result = Tool(["--only", work.Name, .. optimizer]).First(line => (string?)line["kind"] == "bench");
        (double milliseconds, double gflops) = ((double)result["milliseconds"]!, (double?)result["gflops"] ?? 0);
        return new(milliseconds, gflops * milliseconds * 1e6, gflops > 0 ? gflops / (double)result["share_of_peak"]! : 0);
    }

    /// <summary>The peer's side, in milliseconds.</summary>
    /// <param name="work">The work.</param>
    /// <param name="variant">How it is run.</param>
    /// <param name="trial">Whether it is a trial.</param>
    public double Theirs(Comparisons work, Variant variant, bool trial) =>
        (double)Own("theirs", trial ? work.TrialName : work.Name, trial || options.Quick, [variant.Form, work.Optimizer], variant.Setting)["milliseconds"]!;

    /// <summary>The FMA peak, 10⁹ operations a second.</summary>
    private double Peak() => Tool(["--only", "peak"]).Where(line => (string?)line["kind"] == "peak" && (int)line["threads"]! == options.Threads).Max(line => (double)line["gflops"]!);

    private List<JsonNode> Tool(string[] arguments) => Run(["exec", options.Tool, "bench", "--json", "--threads", Threads, .. arguments], new Dictionary<string, string>());

    private JsonNode Own(string side, string name, bool quick, string[] form, Setting setting) =>
        Run(["exec", typeof(Sides).Assembly.Location, "measure", side, name, Threads, quick ? "quick" : "full", .. form], setting.Variables).Single();

    private string Threads => options.Threads.ToString(CultureInfo.InvariantCulture);

    private List<JsonNode> Run(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["OMP_NUM_THREADS"] = Threads;
        foreach ((string name, string value) in variables.Concat(Setting.Capped(options.VectorBits)))
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!)]
            : throw new InvalidOperationException($"[peer] a side ends well; dotnet {string.Join(' ', start.ArgumentList)}: exit code {process.ExitCode}, {errors.Result.Trim()}");
    }
}

/// <summary>A measurement of ours.</summary>
/// <param name="Milliseconds">A call.</param>
/// <param name="Flops">FLOPs of a call; 0: none are counted.</param>
/// <param name="Peak">The FMA peak beside it, 10⁹ operations a second; 0 where none are counted.</param>
internal sealed record OurTime(double Milliseconds, double Flops, double Peak);
