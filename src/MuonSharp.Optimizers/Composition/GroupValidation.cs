namespace MuonSharp.Optimizers;

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
            group.Options.Collect(problems);
            foreach (Parameter parameter in group.Parameters)
            {
                problems.Require(parameterNames.Add(parameter.Name), $"parameter '{parameter.Name}' is given twice");
                problems.Require(!parameter.Weights.IsEmpty, $"parameter '{parameter.Name}' has no memory; build its store first");
                problems.Require(parameter.Weights.IsEmpty || !parameter.Gradient.IsEmpty, $"parameter '{parameter.Name}' has no gradient memory");
                group.Options.CollectFor(parameter, problems);
            }
        }

        problems.Prefix = string.Empty;
        problems.Throw(groups.Count > 0 ? groups[0].Options.OptimizerName : "optimizer");
    }
}
