using System.Security.Cryptography;
using System.Text;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A sweep that could begin: every run's configuration is composed and checked, and its data read.</summary>
public sealed class SweepPlan
{
    private SweepPlan(SweepOptions options, IReadOnlyList<SweepPoint> points, IReadOnlyList<TaskData> data)
    {
        (Options, Points, Data) = (options, points, [.. data.Select(each => (each.Source, each.Sha256)).Distinct()]);
        Keys = [.. options.Axes.Select(axis => axis.Key)];
        Names = [.. Keys.Select(SweepAxis.ShortName)];
        (Unit, UnitsPerStep) = (data[0].Unit, data[0].UnitsPerStep);
        TrainingConfig first = points[0].Config;
        Threads = first.Train.Threads ?? Environment.ProcessorCount;
        Seeds = options.SeedsFrom(first);
        Shared = new([.. points.Select(point => point.Config)], Seeds.Count);
        ThreadRule rule = new(options.Parallel, first, Threads);
        Runs = [.. points.SelectMany(point => Seeds.Select(seed => Run(point, seed, rule)))];
        Slots = rule.Slots;
    }

    /// <summary>What was asked for.</summary>
    public SweepOptions Options { get; }

    /// <summary>The keys that are tried.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>The same as tables name them: the last words, as many as no other key has.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The points of the grid, in their order.</summary>
    public IReadOnlyList<SweepPoint> Points { get; }

    /// <summary>The seeds that each point is run with.</summary>
    public IReadOnlyList<ulong> Seeds { get; }

    /// <summary>The runs: those of a point follow each other.</summary>
    public IReadOnlyList<SweepRun> Runs { get; }

    /// <summary>The keys and values that all runs have in common.</summary>
    public SharedConfiguration Shared { get; }

    /// <summary>Path, or the embedded corpus's name, and SHA-256 of the data; several only where a key below <c>data.</c> is tried.</summary>
    public IReadOnlyList<(string Source, string Sha256)> Data { get; }

    /// <summary>What the data is counted in: <c>tokens</c>, <c>images</c>.</summary>
    public string Unit { get; }

    /// <summary>How many of them a step of the first point takes.</summary>
    public long UnitsPerStep { get; }

    /// <summary>Threads that all runs together take.</summary>
    public int Threads { get; }

    /// <summary>Threads that are given out: more than <see cref="Threads"/> where more runs at once are asked for.</summary>
    internal int Slots { get; }

    /// <summary>Whether the runs are of networks of images, which say their accuracy beside the loss.</summary>
    public bool OfImages => Points[0].Config.Image.Network is not null;

    /// <summary>Eight letters that differ for sweeps that cannot share a folder: those of other keys, settings or data. Values and seeds can be added to one.</summary>
    public string Identity
    {
        get
        {
            IEnumerable<string> given = [Options.Preset ?? "", .. Options.Files.Select(File.ReadAllText), .. Options.Settings.Where(setting => setting.Key != "train.threads").Select(setting => $"{setting.Key}={setting.Value}")];
            IEnumerable<string> data = Keys.Any(key => key.StartsWith("data.", StringComparison.Ordinal)) ? [] : Data.Select(each => each.Sha256);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', given.Concat(Keys).Concat(data)))))[..8];
        }
    }

    /// <summary>Makes a plan.</summary>
    /// <param name="options">What to sweep.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="Formats.InvalidFileException">A file of images is damaged.</exception>
    public static SweepPlan Create(SweepOptions options)
    {
        List<string> problems = [.. options.Check()];
        TrainingConfig[] configs = problems.Count > 0 ? [] : [.. options.Grid().Select(values => ExperimentOptions.Try(() => options.Config(values), problems)).OfType<TrainingConfig>()];
        problems.AddRange(configs.SelectMany(config => ExperimentOptions.Problems("sweep", config)));
        ConfigKey[] keys = problems.Count > 0 ? [] : [.. options.Axes.Select(axis => ConfigKeys.Find(axis.Key)!)];
        if (problems.Count == 0)
        {
            problems.AddRange(configs.GroupBy(config => Text(keys, config), StringComparer.Ordinal).Where(group => group.Count() > 1)
                .Select(group => $"[sweep] every value is tried once; {group.Key} came more often"));
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException([.. problems.Distinct(StringComparer.Ordinal)]);
        }

        Dictionary<object, TaskData> read = [];
        List<TaskData> data = [];
        List<SweepPoint> points = [];
        foreach (TrainingConfig config in configs)
        {
            (DataSection, ImageSection, int, int, int, int) same = (config.Data, config.Image, config.Model.Context, config.Train.Batch, config.Train.Accumulation, config.Train.Steps);
            data.Add(read.TryGetValue(same, out TaskData? known) ? known : read[same] = options.Describe("sweep", config));

            // Only the data says how many steps epochs are.
            points.Add(new(points.Count, [.. keys.Select(key => key.Text(config))], ConfiguredTask.Of(config).WithSteps(config, data[^1].Steps)));
        }

        return new(options, points, data);
    }

    private static string Text(ConfigKey[] keys, TrainingConfig config) => string.Join(" ", keys.Select(key => $"{key.Name}={key.Text(config)}"));

    private SweepRun Run(SweepPoint point, ulong seed, ThreadRule rule)
    {
        int threads = rule.Of(point.Config, Points.Count * Seeds.Count);
        TrainingConfig config = rule.Configure(point.Config, seed, threads);
        return new(point, seed, threads, config, FolderName(point, seed)) { Work = rule.Work(config) };
    }

    /// <summary>The same for the same values and seed, so that a run is found again.</summary>
    private string FolderName(SweepPoint point, ulong seed)
    {
        const int Most = 100;
        string plain = string.Join('-', Names.Zip(point.Values, (name, value) => name + value));
        string name = string.Concat(plain.Take(Most).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_'));
        string more = name == plain ? "" : "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plain)))[..8];
        return PlannedRun.FolderOf(name + more, seed);
    }
}
