using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Plan;

/// <summary>A plan as JSON Lines: an object for each parameter, and one for the whole.</summary>
internal static class PlanJson
{
    /// <summary>Writes it.</summary>
    public static void Write(TrainingPlan plan)
    {
        foreach (RoutingPlanRow row in plan.Routing.Rows)
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "parameter",
                ["name"] = row.Parameter.Name,
                ["shape"] = new JsonArray([.. row.Parameter.Shape.Select(size => JsonValue.Create(size))]),
                ["role"] = row.Parameter.Role.ToString().ToLowerInvariant(),
                ["optimizer"] = row.Optimizer,
                ["group"] = row.Group,
                ["reason"] = row.Reason,
                ["matrices"] = new JsonArray([.. row.Slices.Select(matrix => new JsonObject
                {
                    ["part"] = matrix.Name.Length == 0 ? null : matrix.Name,
                    ["fan_out"] = matrix.FanOut,
                    ["fan_in"] = matrix.FanIn,
                    ["flops"] = row.FlopsOf(matrix),
                })]),
            });
        }

        foreach (string advice in plan.Advice)
        {
            ErrorReport.Note(advice);
        }

        JsonLines.Write(Whole(plan));
    }

    private static JsonObject Whole(TrainingPlan plan) => new()
    {
        ["kind"] = "plan",
        ["parameters"] = plan.Parameters,
        ["vocabulary"] = plan.Vocabulary,
        ["tokens_per_step"] = plan.Step.Tokens,
        ["multiplying_weights"] = plan.Step.MultiplyingWeights,
        ["dense_flops"] = plan.Step.Dense,
        ["attention_flops"] = plan.Step.Attention,
        ["model_flops"] = plan.Step.Total,
        ["matrices"] = plan.Optimizer.Matrices,
        ["optimizer_flops"] = plan.Optimizer.Flops,
        ["overhead_published"] = plan.Optimizer.Published,
        ["overhead_published_by_matrix"] = plan.Optimizer.PublishedByMatrix,
        ["overhead"] = plan.Optimizer.Configured,
        ["spectra"] = plan.Spectra is not { } spectra ? null : new JsonObject
        {
            ["matrices"] = new JsonArray([.. spectra.Matrices.Select(name => JsonValue.Create(name))]),
            ["every"] = spectra.Every,
            ["flops"] = spectra.Flops,
            ["share"] = spectra.Share,
        },
        ["weight_bytes"] = plan.Memory.Weights,
        ["gradient_bytes"] = plan.Memory.Gradients,
        ["gradient_sum_bytes"] = plan.Memory.GradientSums,
        ["activation_bytes"] = plan.Memory.Activations,
        ["needed_activation_bytes"] = plan.Memory.NeededActivations,
        ["optimizers"] = new JsonArray([.. plan.Memory.Optimizers.Select(optimizer => new JsonObject
        {
            ["name"] = optimizer.Optimizer,
            ["state_bytes"] = optimizer.StateBytes,
            ["scratch_bytes"] = optimizer.ScratchBytes,
            ["states"] = new JsonObject(optimizer.States.Select(state => KeyValuePair.Create(state.Name, (JsonNode?)state.Bytes))),
        })]),
        ["spectra_bytes"] = plan.Memory.Spectra,
        ["total_bytes"] = plan.Memory.Total,
        ["threads"] = plan.Threads,
        ["config"] = plan.Config.ToJson(),
    };
}
