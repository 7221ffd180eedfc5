using MuonSharp.Optimizers;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>The numbers of a group that may change while it trains; the rest is its preset, which belongs to the program and is not saved.</summary>
public abstract class UpdateOptions : Modules.OptimizerOptions
{
    /// <summary>Decoupled decay: each step takes rate times this share of the weight. Null: the optimizer's own.</summary>
    public double? weight_decay { get; set; }

    /// <summary>Muon's momentum, AdamW's beta1. Null: the optimizer's own.</summary>
    public double? momentum { get; set; }

    /// <summary>The rule.</summary>
    internal abstract OptimizerOptions Rule { get; }

    /// <summary>The rule's momentum.</summary>
    private protected abstract Schedule RuleMomentum { get; }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        base.SaveStateDict(writer);
        writer.Write(weight_decay!.Value);
        writer.Write(momentum!.Value);
    }

    /// <inheritdoc/>
    public override void LoadStateDict(BinaryReader reader)
    {
        base.LoadStateDict(reader);
        (weight_decay, momentum) = (reader.ReadDouble(), reader.ReadDouble());
    }

    /// <inheritdoc/>
    public override void LoadStateDict(Modules.OptimizerOptions source)
    {
        base.LoadStateDict(source);
        if (source is UpdateOptions other)
        {
            (weight_decay, momentum) = (other.weight_decay, other.momentum);
        }
    }

    /// <summary>Fills in what is missing and checks the numbers.</summary>
    /// <exception cref="OptimizerOptionsException">A number is out of range; all are named.</exception>
    internal void Complete()
    {
        LearningRate ??= Constant("learning rate", Rule.LearningRate);
        weight_decay ??= Constant("weight decay", Rule.WeightDecay);
        momentum ??= Constant("momentum", RuleMomentum);
        InitialLearningRate = LearningRate.Value;
        IReadOnlyList<string> problems = Numbers().Problems();
        if (problems.Count > 0)
        {
            throw new OptimizerOptionsException(Rule.OptimizerName, problems);
        }
    }

    /// <summary>The rule with the group's numbers in it.</summary>
    private protected abstract OptimizerOptions Numbers();

    /// <summary>TorchSharp's schedulers move rates; a preset brings numbers.</summary>
    private double Constant(string name, Schedule schedule) => schedule is ConstantSchedule { WarmUpSteps: 0 } constant
        ? constant.Value
        : throw new OptimizerOptionsException(Rule.OptimizerName, [$"the {name} of a preset must be a number here; a schedule belongs to a scheduler of torch.optim.lr_scheduler"]);
}
