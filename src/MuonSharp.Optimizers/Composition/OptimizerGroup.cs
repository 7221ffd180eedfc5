namespace MuonSharp.Optimizers;

/// <summary>A group at work: its options, the values of this step, and its report.</summary>
internal sealed class OptimizerGroup
{
    public OptimizerGroup(ParameterGroup group)
    {
        Options = group.Options;
        Report = new GroupReport(group.Name, group.Options.OptimizerName, group.Parameters.Count, group.Parameters.Sum(p => (long)p.Length));
    }

    public OptimizerOptions Options { get; }

    public GroupReport Report { get; }

    /// <summary>What the schedules say for this step.</summary>
    public StepValues Values { get; private set; }

    /// <summary>Moves the schedules; the report tells of them.</summary>
    public void Begin(in StepContext context)
    {
        Values = new StepValues(
            Options.LearningRate.At(context.Step, context.TotalSteps),
            Options.WeightDecay.At(context.Step, context.TotalSteps),
            Options.MomentumSchedule?.At(context.Step, context.TotalSteps) ?? 0);
        Report.Begin(Values);
    }
}

/// <summary>Parameters that share their options: learning rate, schedule, decay.</summary>
/// <param name="Name">Unique in the optimizer; names the group in the report.</param>
/// <param name="Parameters">The group's parameters, at least one.</param>
/// <param name="Options">The options of the optimizer that steps them.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<Parameter> Parameters, OptimizerOptions Options);

/// <summary>The rules for groups, options and parameters, checked together.</summary>
internal static class GroupValidation
{
    /// <summary>Checks groups of an optimizer, or of several when no type of options is given.</summary>
    /// <exception cref="OptimizerOptionsException">At least one rule is broken; all that are broken are named.</exception>
    public static void Check(Type? optionsType, IReadOnlyList<ParameterGroup> groups, StepOptions step)
    {
        var problems = new OptionsProblems(step.TotalSteps);
        step.Collect(problems);
        problems.Require(groups.Count > 0, "an optimizer needs at least one group of parameters");
        var groupNames = new HashSet<string>(StringComparer.Ordinal);
        var parameterNames = new HashSet<string>(StringComparer.Ordinal);
        foreach (ParameterGroup group in groups)
        {
            problems.Prefix = groups.Count > 1 ? $"group '{group.Name}': " : string.Empty;
            problems.Require(groupNames.Add(group.Name), "two groups have this name");
            problems.Require(group.Parameters.Count > 0, "the group has no parameters");
            problems.Require(optionsType == null || group.Options.GetType() == optionsType, $"options must be {optionsType?.Name}, not {group.Options.GetType().Name}");
            group.Options.Validate(problems);
            foreach (Parameter parameter in group.Parameters)
            {
                problems.Require(parameterNames.Add(parameter.Name), $"parameter '{parameter.Name}' is given twice");
                problems.Require(!parameter.Weights.IsEmpty, $"parameter '{parameter.Name}' has no memory; build its store first");
                problems.Require(parameter.Weights.IsEmpty || !parameter.Gradient.IsEmpty, $"parameter '{parameter.Name}' has no gradient memory");
                group.Options.ValidateFor(parameter, problems);
            }
        }

        problems.Prefix = string.Empty;
        CheckMemory([.. groups.SelectMany(static group => group.Parameters).DistinctBy(static parameter => parameter.Name)], problems);
        problems.Throw(groups.Count > 0 ? groups[0].Options.OptimizerName : "optimizer");
    }

    /// <summary>Memory that two parameters share would be stepped twice.</summary>
    private static unsafe void CheckMemory(Parameter[] parameters, OptionsProblems problems)
    {
        var blocks = new List<(nint Start, nint End, string What)>();
        foreach (Parameter parameter in parameters)
        {
            Add(parameter.Weights, $"the weights of '{parameter.Name}'");
            Add(parameter.Gradient, $"the gradient of '{parameter.Name}'");
        }

        blocks.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        (nint Start, nint End, string What) last = default;
        foreach ((nint Start, nint End, string What) block in blocks)
        {
            problems.Require(block.Start >= last.End, $"{last.What} and {block.What} lie in the same memory; every tensor needs its own");
            last = block.End > last.End ? block : last;
        }

        void Add(MemoryBlock memory, string what)
        {
            if (!memory.IsEmpty)
            {
                blocks.Add(((nint)memory.Address, (nint)(memory.Address + memory.Length), what));
            }
        }
    }
}
