namespace MuonSharp.Optimizers;

/// <summary>A group at work: its options and its report, which holds the values of this step.</summary>
internal sealed class OptimizerGroup
{
    public OptimizerGroup(ParameterGroup group)
    {
        Options = group.Options;
        Report = new GroupReport(group.Name, group.Options.OptimizerName, group.Parameters.Count, group.Parameters.Sum(p => (long)p.Length));
    }

    public OptimizerOptions Options { get; }

    public GroupReport Report { get; }

    public void Begin(in StepContext context)
    {
        Report.LearningRate = Options.LearningRate.At(context.Step, context.TotalSteps);
        Report.WeightDecay = Options.WeightDecay.At(context.Step, context.TotalSteps);
        Report.Momentum = Options.ReportedMomentum?.At(context.Step, context.TotalSteps) ?? 0;
        Report.Clear();
    }
}
