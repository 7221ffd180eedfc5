namespace MuonSharp.Training;

/// <summary>How far a parameter went from the recording.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="Optimizer">The optimizer that stepped it.</param>
/// <param name="Deviation">The largest ‖W − E‖ / (‖E − E₀‖ + 10⁻³‖E₀‖) over the recorded steps; infinite when a weight was not finite.</param>
/// <param name="Step">The step of the largest deviation.</param>
/// <param name="Comparisons">Recorded steps that were compared.</param>
public sealed record ReplayDeviation(string Parameter, string Optimizer, double Deviation, int Step, int Comparisons);
