using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Something that is said of Muon, and the experiment that shows on this machine whether it holds: <c>muonsharp reproduce NAME</c>.</summary>
/// <remarks>Trainings are ordinary run folders below the claim's: what is there is not trained again, what was interrupted goes on at its checkpoint. What is timed is timed anew by each call.</remarks>
public abstract class Claim
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>A heading.</summary>
    public abstract string Title { get; }

    /// <summary>What is claimed, in a sentence.</summary>
    public abstract string Statement { get; }

    /// <summary>Who claims it.</summary>
    public abstract string Source { get; }

    /// <summary>What the figures are held against.</summary>
    public abstract string Goal { get; }

    /// <summary>What is run, in a sentence or two.</summary>
    public abstract string Method { get; }

    /// <summary>Whether it needs data that does not come with the tool.</summary>
    public virtual bool NeedsData => false;

    /// <summary>Does all that is left to do.</summary>
    /// <param name="options">How.</param>
    /// <param name="folder">The claim's folder; made if it is missing.</param>
    /// <param name="tell">Called for everything that happens, one at a time.</param>
    /// <param name="cancellation">Asks to finish the step and write a checkpoint.</param>
    /// <returns>What came out.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the next call goes on.</exception>
    /// <exception cref="ConfigurationException">A setting is wrong, or the folder holds runs of other settings.</exception>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="RunLockedException">Another process owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written; what was complete stays complete.</exception>
    public async Task<ClaimResult> ReproduceAsync(ClaimOptions options, string folder, Action<ClaimEvent> tell, CancellationToken cancellation = default)
    {
        if (NeedsData && !options.Settings.Any(setting => setting.Key == "data.file"))
        {
            throw new ConfigurationException($"[reproduce] {Name} needs images, which do not come with the tool; no --data came");
        }

        using (RunLock held = ExperimentFolder.Own("reproduce", folder, options.Surroundings.Files, held => held))
        {
            ClaimResult result = await RunAsync(new ClaimWork(options, folder, tell, cancellation));
            return options.Quick ? result with { Verdict = ClaimVerdict.Open, Findings = ["A quick run: its sizes are too small to say anything.", .. result.Findings] } : result;
        }
    }

    internal abstract Task<ClaimResult> RunAsync(ClaimWork work);
}

/// <summary>How a claim is run.</summary>
public sealed record ClaimOptions
{
    /// <summary>Whether everything is as small as can be: shows that it works, and nothing of the claim.</summary>
    public bool Quick { get; init; }

    /// <summary>Keys and values that go over the claim's own, in every run.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Clock, files, and what reads pictures.</summary>
    public TrainerOptions Surroundings { get; init; } = new();

    /// <summary>The tool as a program and the first of its arguments, for what needs a process of its own.</summary>
    public required IReadOnlyList<string> Tool { get; init; }
}

/// <summary>All claims, and the one of a name.</summary>
public static class Claims
{
    /// <summary>In the order in which they are listed.</summary>
    public static IReadOnlyList<Claim> All { get; } =
    [
        new SampleEfficiencyClaim(),
        new OverheadClaim(),
        new FourOptimizersClaim(),
        new WidthTransferClaim(),
        new QkClipClaim(),
        new OrthogonalizerClaim(),
        new CifarClaim(),
        new SpeedrunClaim(),
        new SameBitsClaim(),
    ];

    /// <summary>The claim of a name.</summary>
    /// <exception cref="ConfigurationException">There is none; the message lists the names.</exception>
    public static Claim Find(string name)
    {
        string[] names = [.. All.Select(claim => claim.Name)];
        return All.FirstOrDefault(claim => claim.Name == name)
            ?? throw new ConfigurationException($"[reproduce] a claim must be one of {string.Join(", ", names)}; '{name}' came{NearestName.Hint(name, names)}");
    }
}
