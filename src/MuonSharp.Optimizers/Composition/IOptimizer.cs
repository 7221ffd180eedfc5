namespace MuonSharp.Optimizers;

/// <summary>Anything that steps parameters: one optimizer, or several behind one gate.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>The parameters it steps.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Steps so far, skipped ones included: the position in every schedule.</summary>
    long Steps { get; }

    /// <summary>The optimizer's memory as named tensors: views, so reading them saves and writing them restores.</summary>
    IReadOnlyList<StateTensor> StateTensors { get; }

    /// <summary>Checks all gradients, then updates state and weights in place. A non-finite gradient changes nothing.</summary>
    /// <returns>What happened; the same object every step, valid until the next one.</returns>
    StepReport Step();

    /// <summary>The whole-number part of the state: the step and what each parameter has counted.</summary>
    IReadOnlyDictionary<string, long> SaveCounters();

    /// <summary>Restores what <see cref="SaveCounters"/> gave.</summary>
    /// <param name="counters">Exactly the names that this optimizer saves.</param>
    /// <exception cref="ArgumentException">A counter is missing, unknown or negative; nothing was changed.</exception>
    void LoadCounters(IReadOnlyDictionary<string, long> counters);
}
