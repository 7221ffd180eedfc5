using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A run of which another rank tells.</summary>
internal sealed class SilentView : ITrainingView
{
    /// <inheritdoc/>
    public void Begin(Trainer trainer)
    {
    }

    /// <inheritdoc/>
    public void Show(TrainingEvent happened)
    {
    }

    /// <inheritdoc/>
    public void Diverged(DivergedException error)
    {
    }

    /// <inheritdoc/>
    public void Profile(TrainingProfile profile, double peak)
    {
    }

    /// <inheritdoc/>
    public void Stopping()
    {
    }

    /// <inheritdoc/>
    public void Ending()
    {
    }
}
