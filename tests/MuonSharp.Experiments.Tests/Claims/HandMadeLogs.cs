using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Claims;

/// <summary>Runs that nobody trained: whenever a claim looks for one, its folder is written with a log made by hand, so that a claim's arithmetic meets numbers that are known.</summary>
/// <param name="line">The line of the last evaluation and those of steps, without their end, for a run.</param>
internal sealed class HandMadeLogs(Func<ClaimRunStarted, string> line)
{
    private readonly List<ClaimEvent> _events = [];

    /// <summary>Runs that were asked for, and whether each was there.</summary>
    public IEnumerable<ClaimRunFinished> Finished => _events.OfType<ClaimRunFinished>();

    /// <summary>Logs that say the final loss alone.</summary>
    /// <param name="loss">The loss of a run.</param>
    public static HandMadeLogs Of(Func<ClaimRunStarted, double> loss) => new(run => Evaluation(run, loss(run)));

    /// <summary>The line of an evaluation after the last step.</summary>
    public static string Evaluation(ClaimRunStarted run, double loss, string more = "") =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"kind":"eval","step":{{run.Task.Steps}},"val_loss":{{loss}}{{more}}}""");

    public async Task<ClaimResult> Run(string claim, TemporaryFolder folder, bool quick = false, params (string Key, string Value)[] settings)
    {
        ClaimOptions options = new() { Quick = quick, Tool = [], Settings = [.. settings.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))] };
        return await Experiments.Claims.Find(claim).ReproduceAsync(options, folder.File("claim"), Tell, TestContext.Current.CancellationToken);
    }

    private void Tell(ClaimEvent happened)
    {
        _events.Add(happened);
        if (happened is ClaimRunStarted run)
        {
            RunFolder folder = new(run.Folder);
            Directory.CreateDirectory(run.Folder);
            File.WriteAllText(folder.ConfigPath, run.Config.ToJson().ToJsonString());
            File.WriteAllText(folder.MetricsPath, $$"""
                {{line(run)}}
                {"kind":"end","step":{{run.Task.Steps}},"reason":"finished"}

                """);
        }
    }
}
