using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>One way to show a run: to a person at a terminal, to a log file, to a program.</summary>
internal interface ITrainingView
{
    /// <summary>Before the first step: what is about to happen.</summary>
    void Begin(Trainer trainer);

    /// <summary>Something happened.</summary>
    void Show(TrainingEvent happened);

    /// <summary>The run diverged; the error itself is written by whoever catches it.</summary>
    void Diverged(DivergedException error);

    /// <summary>Where the time of the steps went.</summary>
    /// <param name="profile">The rows.</param>
    /// <param name="peak">What the multiply-add units of these threads can do, 10⁹ operations a second.</param>
    void Profile(TrainingProfile profile, double peak);

    /// <summary>The user asked to stop; the step in progress is finished first.</summary>
    void Stopping();
}
