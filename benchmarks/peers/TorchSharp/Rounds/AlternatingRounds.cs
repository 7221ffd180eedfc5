namespace MuonSharp.Peers;

/// <summary>Measures each case in rounds: ours, then the peer in its fastest ways; a trial says which those are.</summary>
internal sealed class AlternatingRounds(PeerOptions options)
{
    /// <summary>Ways that pass the trial: the one that is fastest there need not be it later.</summary>
    private const int Kept = 2;

    private readonly Sides _sides = new(options);

    /// <summary>Measures all that was asked for and prints a table for each group.</summary>
    public void Run()
    {
        foreach (string group in options.Groups)
        {
            List<CaseTimes> cases = [.. Comparisons.Of(group, options).Select(Measure)];
            if (cases.Count > 0)
            {
                Console.WriteLine(PeerTable.Of(group, cases, options));
            }
        }
    }

    private CaseTimes Measure(Comparisons work)
    {
        List<Variant> variants = Fastest(work);
        List<OurTime> ours = [];
        Dictionary<Variant, List<double>> theirs = variants.ToDictionary(variant => variant, _ => new List<double>());
        for (int round = 1; round <= options.Rounds; round++)
        {
            ours.Add(_sides.Ours(work));
            foreach (Variant variant in variants)
            {
                theirs[variant].Add(_sides.Theirs(work, variant, trial: false));
            }

            Say($"{work.Title}, round {round}: ours {Number(ours[^1].Milliseconds)} ms, TorchSharp {string.Join("; ", theirs.Select(pair => $"{Number(pair.Value[^1])} ms ({pair.Key})"))}");
        }

        Variant best = theirs.MinBy(pair => WorkTimer.Median(pair.Value)).Key;
        return new(work, ours, best, theirs[best]);
    }

    private List<Variant> Fastest(Comparisons work)
    {
        Dictionary<Variant, double> trial = [];
        foreach (Variant variant in work.Forms.SelectMany(form => Setting.All.Select(setting => new Variant(form, setting))))
        {
            trial[variant] = _sides.Theirs(work, variant, trial: true);
        }

        List<Variant> ordered = [.. trial.OrderBy(pair => pair.Value).Select(pair => pair.Key)];
        Say($"{work.TrialName} {work.Optimizer}, trial: {string.Join("; ", ordered.Select(variant => $"{Number(trial[variant])} ms ({variant})"))}");
        return ordered[..Math.Min(Kept, ordered.Count)];
    }

    private static string Number(double value) => PeerTable.Milliseconds(value);

    private static void Say(string line) => Console.Error.WriteLine(line);
}

/// <summary>What was measured of a case.</summary>
/// <param name="Work">The case.</param>
/// <param name="Ours">Our time in each round.</param>
/// <param name="Variant">The peer's fastest way.</param>
/// <param name="Theirs">Its milliseconds in each round.</param>
internal sealed record CaseTimes(Comparisons Work, IReadOnlyList<OurTime> Ours, Variant Variant, IReadOnlyList<double> Theirs)
{
    /// <summary>Our median.</summary>
    public double OurMilliseconds => WorkTimer.Median(Ours.Select(time => time.Milliseconds));

    /// <summary>The peer's median.</summary>
    public double TheirMilliseconds => WorkTimer.Median(Theirs);

    /// <summary>How many times faster we are.</summary>
    public double Ratio => TheirMilliseconds / OurMilliseconds;

    /// <summary>FLOPs of a call of ours; 0: none are counted.</summary>
    public double Flops => Ours[0].Flops;

    /// <summary>FLOPs of a call of the peer's: as many, but where it makes matrices orthogonal by other steps than ours.</summary>
    public double TheirFlops => Work.Optimizer == "muon" || PeerCase.Kind(Work.Name) == "orthogonalize" ? 0 : Flops;

    /// <summary>Median of the peaks.</summary>
    public double Peak => WorkTimer.Median(Ours.Select(time => time.Peak));

    /// <summary>The ratio of each round.</summary>
    public IEnumerable<double> Ratios => Ours.Zip(Theirs, (ours, theirs) => theirs / ours.Milliseconds);
}
