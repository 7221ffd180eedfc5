using MuonSharp.Training;

namespace MuonSharp.Cli.Compare;

/// <summary>One way to show a comparison: to a person, or to a program.</summary>
internal interface ICompareView
{
    /// <summary>Before the first run: what is about to happen.</summary>
    void Begin(ComparisonPlan plan, string folder);

    /// <summary>Something happened.</summary>
    void Show(ComparisonEvent happened);

    /// <summary>The user asked to stop; the step in progress is finished first.</summary>
    void Stopping();

    /// <summary>After the last run, or the one that was stopped.</summary>
    void End(ComparisonResult result, string folder);
}
