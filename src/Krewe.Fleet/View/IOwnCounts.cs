using Krewe.Core.Routing;

namespace Krewe.Fleet.View;

/// <summary>What a silo knows of instances beyond the last word of their actors. Called within the view's lock: must not block or call back.</summary>
internal interface IOwnCounts
{
    /// <summary>An actor has spoken: what routing is to see of it.</summary>
    InstanceView OnWord(InstanceView word);

    /// <summary>What routing is to see now of an instance whose last word this is.</summary>
    InstanceView Seen(InstanceView word);

    /// <summary>The actor's own last word, of which this is seen.</summary>
    InstanceView Word(InstanceView seen);
}
